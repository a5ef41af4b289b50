/**
 * What the parts of media/ weigh for somebody who installs one of them: minified, and compressed by gzip.
 * `node scripts/media-size.ts` prints it; tests/repo/media-size.test.ts holds them to their budgets.
 */
import { bundleSize } from './player-size.ts'

/** The doors of media/, each with all that is behind it. */
export const MEDIA_ENTRIES = {
  'MP4 reader': 'media/mp4/open.ts',
  'WebM reader': 'media/webm/open.ts',
  'TS demuxer': 'media/mpegts/analyze/analyzer.ts',
  transmuxer: 'media/mpegts/transmux/transmuxer.ts',
  dissector: 'media/dissect/dissect.ts',
} as const

if (import.meta.main) {
  for (const [name, entry] of Object.entries(MEDIA_ENTRIES)) {
    const { minified, gzip } = await bundleSize(entry)
    console.log(`${name.padEnd(12)} ${entry.padEnd(42)} ${kilobytes(minified)} minified ${kilobytes(gzip)} gzip`)
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`
}
