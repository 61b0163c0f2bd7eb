/**
 * The `filters` of a list: key -> the values, any of which may match; all keys must match. Keys are those that Docker
 * knows for the endpoint (the API refuses others); values are as the user typed them.
 */
export type Filters = ReadonlyMap<string, readonly string[]>
