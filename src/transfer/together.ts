/**
 * Does all `works` at once; each is told of the one before it. With the first one that fails the others' signal is
 * aborted; throws its error when all have come to rest.
 */
export async function together<T>(
  works: readonly ((signal: AbortSignal, before: Promise<T> | undefined) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T[]> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const running: Promise<T>[] = []
  let failure: { readonly error: unknown } | undefined
  for (const work of works) {
    const one = work(either, running.at(-1))
    running.push(one)
    one.catch((error: unknown) => {
      failure ??= { error }
      stop.abort(error)
    })
  }
  const settled = await Promise.allSettled(running)
  if (failure) throw failure.error
  return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}
