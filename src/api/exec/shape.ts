import type { ExecCreateRequest, ExecStartRequest } from '../../apitypes/index.ts'
import { bool, list, omitEmpty, pair, pointer, string, struct, uint } from '../../gojson/index.ts'

/** The body of `POST /containers/{id}/exec`. */
export const execCreateRequest = struct<ExecCreateRequest>('container.ExecOptions', {
  User: string,
  Privileged: bool,
  Tty: bool,
  ConsoleSize: omitEmpty(pointer(pair(uint))),
  AttachStdin: bool,
  AttachStderr: bool,
  AttachStdout: bool,
  DetachKeys: string,
  Env: list(string),
  WorkingDir: string,
  Cmd: list(string),
})

/** The body of `POST /exec/{id}/start`. */
export const execStartRequest = struct<ExecStartRequest>('container.ExecStartOptions', {
  Detach: bool,
  Tty: bool,
  ConsoleSize: omitEmpty(pointer(pair(uint))),
})
