/**
 * Files that others made: every MP4, QuickTime and Matroska file in folders, compared with ffprobe like those of the contract
 * tests.
 *
 *   node tests/contract/found-files.ts DIR...
 *
 * A line for each file: it agrees, differs (and in what), is damaged (we refuse it, ffprobe complains) or unread (ffprobe does
 * not read it). Exit 1 when one differs.
 */
import { execa } from 'execa'
import { open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { memorySource } from '../../media/bytes/source.ts'
import { openMedia } from '../../media/container/open.ts'
import { MediaError } from '../../media/errors.ts'
import { matroskaDifferences } from './compare-matroska.ts'
import { mp4Differences } from './compare-mp4.ts'

const EXTENSIONS = new Set('mp4 m4v m4a m4b mov qt 3gp 3g2 f4v cmfv cmfa mkv mka mks mk3d webm weba'.split(' ').map((name) => `.${name}`))

const folders = process.argv.slice(2)
if (folders.length === 0) throw new Error('Which folder? node tests/contract/found-files.ts DIR...')
const counts = { agree: 0, differ: 0, damaged: 0, unread: 0 }
for (const folder of folders) {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && EXTENSIONS.has(path.extname(entry.name).toLowerCase()))
    .map((entry) => path.join(entry.parentPath, entry.name))
  for (const file of files.toSorted()) {
    const { verdict, found } = await look(file)
    counts[verdict] += 1
    console.log(`${verdict}: ${path.relative(folder, file)}`)
    for (const one of found) console.log(`  ${one}`)
  }
}
console.log(
  Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', '),
)
process.exitCode = counts.differ === 0 ? 0 : 1

async function look(file: string): Promise<{ verdict: keyof typeof counts; found: string[] }> {
  const { stderr, exitCode } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-show_packets', '-of', 'csv', file], {
    reject: false,
  })
  try {
    if (exitCode !== 0) {
      await openMedia(memorySource(await readFile(file)))
      return { verdict: 'unread', found: ['ffprobe does not read it; we do'] }
    }
    const found = (await isMatroska(file)) ? await matroskaDifferences(file, false) : await mp4Differences(file)
    return { verdict: found.length === 0 ? 'agree' : 'differ', found }
  } catch (error) {
    if (!(error instanceof MediaError)) return { verdict: 'differ', found: [String(error)] }
    const probed = exitCode === 0 ? stderr.split('\n')[0] || 'nothing to complain about' : 'does not read it'
    const verdict = exitCode !== 0 ? 'unread' : stderr === '' ? 'differ' : 'damaged'
    return { verdict, found: [`${error.code}: ${error.message}`, `ffprobe: ${probed}`] }
  }
}

/** EBML (RFC 8794 11.2.1). */
async function isMatroska(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.readUInt32BE() === 0x1a45dfa3
  } finally {
    await handle.close()
  }
}
