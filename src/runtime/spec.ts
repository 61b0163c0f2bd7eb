import type { ExecProcessOptions, SpecOptions } from './spec-options.ts'

export const defaultCgroupParent = '/strata'

/**
 * The OCI runtime spec (https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md) of a container, equal in
 * effect to what dockerd 28.5 makes of the same options. Throws `invalid_argument` with Docker's text for options that
 * can't be honoured.
 */
export async function createSpec(options: SpecOptions): Promise<object> {
  void options
  throw new Error('not written yet')
}

/** The `process` of an exec in a container whose spec is given. Throws as {@link createSpec} does. */
export async function createExecProcess(options: ExecProcessOptions): Promise<object> {
  void options
  throw new Error('not written yet')
}
