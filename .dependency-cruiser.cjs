/**
 * The layering check: a room imports other rooms only through their index.ts, and only from lower floors.
 * The table is that of docs/architecture.md; a room that is not in it does not pass.
 */
const floors = [
  ['std'],
  ['host', 'oci', 'apitypes', 'metadata'],
  ['archive', 'reference', 'content', 'gojson'],
  ['layers', 'images', 'remotes', 'runtime', 'network', 'volumes'],
  ['transfer', 'gc', 'build', 'registry'],
  ['engine'],
  ['api', 'client'],
  ['cli'],
  ['bin'],
]

/** Imports of the same floor that the plan allows, with the reason in docs/architecture.md. */
const sameFloor = []

const forbidden = [
  { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
  {
    name: 'known-rooms-only',
    comment: 'every file under src/ belongs to a room of the table',
    severity: 'error',
    from: {},
    to: { path: '^src/', pathNot: `^src/(${floors.flat().join('|')})/` },
  },
  {
    name: 'through-the-door',
    comment: 'another room is imported through its index.ts',
    severity: 'error',
    from: { path: '^src/([^/]+)/', pathNot: '(\\.test\\.ts$|/testdata/)' },
    to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
  },
]
for (const [floor, rooms] of floors.entries()) {
  const above = floors.slice(floor).flat()
  for (const room of rooms) {
    const closed = above.filter(other => other !== room && !sameFloor.includes(`${room}>${other}`))
    forbidden.push({
      name: `floor-of-${room}`,
      comment: `${room} may import from lower floors only`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/(${closed.join('|')})/` },
    })
  }
}

module.exports = {
  forbidden,
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
}
