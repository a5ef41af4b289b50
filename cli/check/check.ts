/** `sluice check URL.m3u8`: what a playlist, and the media playlists it names, break of RFC 8216bis. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../../media/hls/check/model.ts'
import { command } from '../command.ts'
import { Usage } from '../failure.ts'
import { counted, interruptible } from '../terminal.ts'
import { type Checked, checkAll, checkAgain } from './load.ts'

/** How often a live playlist is read again at most, seconds. */
const MAX_WATCH_S = 3600

export const check = command({
  name: 'check',
  about: 'Read a playlist strictly, follow it into its media playlists, and name each requirement of RFC 8216bis that is not met.',
  args: {
    playlist: { type: 'positional', required: true, valueHint: 'URL|FILE', description: 'a multivariant or a media playlist' },
    watch: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'read live playlists again for so long, and compare each load with the one before',
    },
  },
  examples: [
    'sluice check https://example.com/master.m3u8',
    'sluice check out/index.m3u8 --json',
    'sluice check http://localhost:8787/live/1/master.m3u8 --watch 30',
  ],
  run: (args, json) => {
    const watchS = args.watch === undefined ? 0 : Number(args.watch)
    if (!(watchS >= 0 && watchS <= MAX_WATCH_S)) throw new Usage(`--watch takes seconds, 0 to ${MAX_WATCH_S}, not '${args.watch}'.`)
    return interruptible((signal) => run(args.playlist, { json, signal, watchS }))
  },
})

async function run(address: string, { json, signal, watchS }: { json: boolean; signal: AbortSignal; watchS: number }): Promise<number> {
  const playlists = await checkAll(address, signal)
  const until = performance.now() + watchS * 1000
  for (;;) {
    const live = playlists.filter(({ media }) => media !== null && !media.ended)
    const waitS = Math.min(...live.map(({ media }) => media?.targetDurationSeconds ?? Infinity))
    if (live.length === 0 || performance.now() + waitS * 1000 > until) break
    await sleep(waitS * 1000, undefined, { signal })
    for (const one of live) await checkAgain(one, signal)
  }
  const broken = playlists.flatMap(({ findings }) => findings).filter(({ level }) => level === 'must').length
  if (json) console.log(JSON.stringify({ playlist: address, broken, playlists: playlists.map(withoutMedia) }, null, 2))
  else print(playlists, broken)
  return broken > 0 ? 1 : 0
}

function withoutMedia({ address, kind, facts, findings }: Checked): Omit<Checked, 'media'> {
  return { address, kind, facts, findings }
}

function print(playlists: readonly Checked[], broken: number): void {
  for (const { address, kind, facts, findings } of playlists) {
    console.log(`${address}\n  ${kind} playlist, ${facts}`)
    for (const finding of grouped(findings)) console.log(`  ${finding}`)
    if (findings.length === 0) console.log('  ✓ nothing that RFC 8216bis forbids')
    console.log('')
  }
  console.log(broken === 0 ? 'No requirement is broken.' : `${counted(broken, 'requirement')} broken.`)
}

/** The same sentence of many lines is said once. */
function grouped(findings: readonly Finding[]): string[] {
  const lines = new Map<string, number[]>()
  for (const { level, line, clause, text } of findings) {
    const key = `${level === 'must' ? '✗' : '!'} ${text} (${clause})`
    lines.set(key, [...(lines.get(key) ?? []), ...(line === null ? [] : [line])])
  }
  return [...lines].map(([text, numbers]) => {
    const shown = numbers.slice(0, 5).join(', ')
    const more = numbers.length > 5 ? ` and ${numbers.length - 5} more` : ''
    return numbers.length === 0 ? text : `${text} line ${shown}${more}`
  })
}
