/** Bodies of `POST /containers/create`: what is wrong with them, or just about right. */
export interface CreateCase {
  /** Tells what it is about; unique. */
  readonly name: string
  /** Of the API; the newest one when absent. */
  readonly minor?: number
  /** Laid over a body that is good. */
  readonly body: Readonly<Record<string, unknown>>
}

type Values = Readonly<Record<string, readonly unknown[]>>

/** Configs of one field each. */
export const config = (fields: Values): CreateCase[] =>
  each(fields, (field, value) => ({ name: `${field} ${JSON.stringify(value)}`, body: { [field]: value } }))

/** Host configs of one field each. */
export const host = (fields: Values, minor?: number): CreateCase[] =>
  each(fields, (field, value) => ({
    name: `${minor === undefined ? '' : `1.${minor}: `}${field} ${JSON.stringify(value)}`,
    body: { HostConfig: { [field]: value } },
    ...(minor !== undefined && { minor }),
  }))

/** Host configs of several fields. */
export const together = (...configs: readonly Readonly<Record<string, unknown>>[]): CreateCase[] =>
  configs.map(fields => ({ name: JSON.stringify(fields), body: { HostConfig: fields } }))

/** Whole bodies. */
export const bodies = (...all: readonly Readonly<Record<string, unknown>>[]): CreateCase[] =>
  all.map(body => ({ name: JSON.stringify(body), body }))

function each(fields: Values, make: (field: string, value: unknown) => CreateCase): CreateCase[] {
  return Object.entries(fields).flatMap(([field, values]) => values.map(value => make(field, value)))
}
