/** One line an event on standard output: time, what, and facts as `key=value`. Never given secrets. */

/** Prints one line. Values are cut at 300 characters and kept on one line. */
export function log(event: string, facts: Record<string, string | number> = {}): void {
  const pairs = Object.entries(facts).map(([key, value]) => ` ${key}=${quote(String(value))}`)
  process.stdout.write(`${new Date().toISOString()} ${event}${pairs.join('')}\n`)
}

function quote(value: string): string {
  const short = value.length > 300 ? `${value.slice(0, 299)}…` : value
  return /^[\w.:/@+-]+$/.test(short) ? short : JSON.stringify(short)
}
