/** Asks again and again while the page is looked at: the next question is asked when the last was answered. */

/**
 * Calls `ask` now and then `everyMs` after each answer until it returns false or `stop` (the returned function) is called.
 * Sleeps while the page is hidden and asks at once when it is shown again. `ask` deals with its own errors.
 */
export function poll(ask: () => Promise<boolean>, everyMs: number): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = false

  async function round(): Promise<void> {
    if (stopped || asking || document.hidden) return
    asking = true
    const more = await ask().catch(() => true)
    asking = false
    if (!more) stop()
    if (!stopped) timer = setTimeout(() => void round(), everyMs)
  }
  function shown(): void {
    clearTimeout(timer)
    void round()
  }
  function stop(): void {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', shown)
  }

  document.addEventListener('visibilitychange', shown)
  void round()
  return stop
}
