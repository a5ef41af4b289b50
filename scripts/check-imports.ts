/**
 * Who may import whom: the table of the map, checked on every source file. A room is a folder at the top; what is not in
 * its list it may not import, by `import`, `export … from` or `import()`. npm packages have their own table: the parts that run everywhere take next
 * to nothing.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Room → rooms it may import from, besides itself. */
const MAY_IMPORT: Record<string, string[]> = {
  protocol: [],
  media: ['protocol'],
  workers: ['protocol', 'media'],
  'durable-objects': ['protocol', 'media'],
  'transcode-runner': ['protocol', 'media'],
  player: ['protocol', 'media'],
  site: ['protocol', 'player', 'media'],
  lab: ['protocol', 'media', 'player', 'workers', 'durable-objects', 'transcode-runner'],
  cli: ['protocol', 'media', 'transcode-runner', 'lab', 'player', 'workers', 'durable-objects'],
}
/** Rooms that run in every environment: the npm packages they may use; all others are refused, Node's own modules too. */
const MAY_USE: Record<string, string[]> = { protocol: ['valibot'], media: [] }
/** Files that may import more, and why. */
const EXCEPTIONS: Record<string, { rooms: string[]; because: string }> = {
  'workers/index.ts': { rooms: ['durable-objects'], because: 'the entry names the Durable Object classes' },
}
/** Rooms that nobody imports but themselves. */
const CLOSED = new Set(['tests', 'bench', 'scripts'])

const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;}])import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g

/** One broken rule: which file, which import, what is wrong. */
export interface Breach {
  file: string
  specifier: string
  reason: string
}

/** All breaches in one file. `file` is relative to the checkout, with slashes. */
export function breachesIn(file: string, source: string): Breach[] {
  const room = roomOf(file)
  const isTest = file.endsWith('.test.ts') || CLOSED.has(room)
  const breaches: Breach[] = []
  for (const [, from, bare, dynamic] of source.matchAll(SPECIFIER)) {
    const specifier = from ?? bare ?? dynamic ?? ''
    const reason = reasonAgainst(file, room, isTest, specifier)
    if (reason !== null) breaches.push({ file, specifier, reason })
  }
  return breaches
}

function reasonAgainst(file: string, room: string, isTest: boolean, specifier: string): string | null {
  if (!specifier.startsWith('.')) {
    const allowed = MAY_USE[room]
    if (allowed === undefined || isTest) return null
    return allowed.includes(specifier) ? null : `${room}/ runs everywhere and may use ${allowed.join(', ') || 'no package'}`
  }
  const target = roomOf(path.posix.join(path.posix.dirname(file), specifier))
  if (target === room) return null
  // A test may look at anything from outside; what it tests may not.
  if (isTest) return null
  if (CLOSED.has(target)) return `nothing imports ${target}/`
  const allowed = MAY_IMPORT[room]
  if (allowed === undefined || allowed.includes(target) || EXCEPTIONS[file]?.rooms.includes(target)) return null
  return `${room}/ may import ${allowed.join(', ') || 'no other room'}`
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? ''
}

/** Checks all files; returns the breaches, readable. */
export function checkImports(root: string, files: string[]): string[] {
  const sources = files.filter((file) => /\.(ts|mjs)$/.test(file) && !file.endsWith('.d.ts'))
  const breaches = sources.flatMap((file) => breachesIn(file, readFileSync(path.join(root, file), 'utf8')))
  return breaches.map(({ file, specifier, reason }) => `${file}: imports '${specifier}'; ${reason}`)
}
