/**
 * Finds `return promise` in the scope of a `using`: what is held is let go as soon as the promise is made, not when it has
 * settled. It has to be `return await promise`. Prints the places; exits with 1 when there are any.
 */
import { relative } from 'node:path'
import ts from 'typescript'

const config = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
)
if (!config) throw new Error('no tsconfig.json')
const program = ts.createProgram(config.fileNames, config.options)
const checker = program.getTypeChecker()
const files = program.getSourceFiles().filter(file => !file.isDeclarationFile)
if (files.length < 20) throw new Error('the check saw no files')
const found = files.flatMap(file => findIn(file))
for (const place of found) console.error(place)
process.exitCode = found.length > 0 ? 1 : 0

function onUnRecoverableConfigFileDiagnostic({ messageText }: ts.Diagnostic): void {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
}

function findIn(file: ts.SourceFile): string[] {
  const places: string[] = []
  const visit = (node: ts.Node, holding: boolean): void => {
    let held = holding && !ts.isFunctionLike(node)
    if (held && ts.isReturnStatement(node) && node.expression && isPromise(node.expression)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart())
      places.push(`${relative('.', file.fileName)}:${line + 1}: return await, since something is held by using`)
    }
    ts.forEachChild(node, child => {
      if (isUsing(child)) held = true
      visit(child, held)
    })
  }
  visit(file, false)
  return places
}

function isUsing(node: ts.Node): boolean {
  // `await using` has the bits of `const` and `using`.
  return ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.Using) !== 0 && !isPlain(node)
}

function isPlain(node: ts.VariableStatement): boolean {
  const kind = node.declarationList.flags & ts.NodeFlags.BlockScoped
  return kind === ts.NodeFlags.Let || kind === ts.NodeFlags.Const
}

function isPromise(expression: ts.Expression): boolean {
  if (ts.isAwaitExpression(expression)) return false
  const type = checker.getTypeAtLocation(expression)
  return (type.isUnion() ? type.types : [type]).some(each => each.getProperty('then') !== undefined)
}
