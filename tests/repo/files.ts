/** The files of the repository as git sees them: tracked, and new ones that are not ignored. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Paths relative to the checkout whose name matches. */
export function filesMatching(pattern: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  return listed.split('\n').filter((file) => pattern.test(file) && existsSync(path.join(ROOT, file)))
}

export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}
