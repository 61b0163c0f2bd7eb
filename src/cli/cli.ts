/**
 * The command line as a face over `client`: a command asks the engine and shows the answer.
 *
 * - A *face* is one command: it takes a connection, an {@link Output} and its options, and resolves with an exit code.
 * - Text is for people: aligned columns, human sizes, nothing that a terminal would obey; `--json` gives what the engine
 *   said, as one object or a line each.
 * - Errors are thrown; who runs the program writes them to stderr and exits with 1.
 *
 * A face is loaded when it is called, so that the program starts fast.
 */
export interface Output {
  /** Resolves when there is room for more. Rejects when nobody reads any more. */
  write(text: string): Promise<void>
  /** Width of the terminal; undefined when the output is none. */
  readonly columns: number | undefined
}

export interface ViewOptions {
  /** Show what the engine said as JSON. */
  readonly json?: boolean
}
