/** Stamps: the hash of what a step was made from, so that the next start skips what is still true. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** SHA-256 over names and contents of files and of all files below folders; what is missing counts as missing. Tests are left out. */
export async function hashOf(root: string, names: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const name of names) {
    for (const file of await filesBelow(path.join(root, name))) {
      hash.update(`${path.relative(root, file)}\0`)
      hash.update(await readFile(file).catch(() => ''))
      hash.update('\0')
    }
  }
  return hash.digest('hex')
}

async function filesBelow(start: string): Promise<string[]> {
  // Not a folder: a file, or nothing.
  const entries = await readdir(start, { withFileTypes: true, recursive: true }).catch(() => null)
  if (entries === null) return [start]
  const files = entries.filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
  return files.map((entry) => path.join(entry.parentPath, entry.name)).toSorted()
}

/** Runs `step` unless the stamp in `file` equals `hash`, then stamps. True when it ran. */
export async function unlessStamped(file: string, hash: string, step: () => Promise<void>): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => '')) === hash) return false
  await step()
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, hash)
  return true
}
