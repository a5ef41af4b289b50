/**
 * `sluice replay SESSION.json`: puts an exported session before its ABR rule again and says whether every decision comes out
 * the same; with `--rule`, what another rule would have decided, and how the session would have gone.
 */
import { readFile, stat } from 'node:fs/promises'
import type { AbrRule } from '../../player/abr/rule.ts'
import { ruleNamed, RULES } from '../../player/abr/rules.ts'
import { readRecording, RecordingError } from '../../player/session/read-recording.ts'
import type { SessionRecording } from '../../player/session/recording.ts'
import { replay, type Replay } from '../../player/session/replay.ts'
import { summarize, type SessionSummary } from '../../player/session/summary.ts'
import { whatIf } from '../../player/session/what-if.ts'
import { clockText, rateText, timeText } from '../../player/session/words.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { counted, table } from '../terminal.ts'

/** A day of playback is a tenth of this. */
const MAX_BYTES = 256 * 1024 * 1024
/** Differences that are printed. */
const SHOWN = 10

export const replaySession = command({
  name: 'replay',
  about: 'put an exported session before its ABR rule again, or before another one',
  args: {
    file: { type: 'positional', description: 'a session exported by the player (JSON)', required: true },
    rule: { type: 'string', description: `another rule: ${RULES.map(({ name }) => name).join(', ')}` },
  },
  examples: ['sluice replay session-2026-11-22T12-00-00.json', `sluice replay session.json --rule ${RULES.at(-1)?.name ?? 'throughput'}`],
  run: async ({ file, rule: name }, json) => {
    const recording = await read(file)
    const recorded = recording.config.rule
    const rule = named(name ?? recorded, name === undefined)
    const result = replay(recording.events, rule)
    const summaries = name === undefined ? null : outcomes(recording, rule)
    if (json) {
      const { player, recordedAt, droppedEvents } = recording
      console.log(JSON.stringify({ ...{ player, recordedAt, recordedRule: recorded, droppedEvents }, ...result, ...summaries }, null, 2))
    } else print(recording, result, summaries, name !== undefined)
    return name === undefined && (result.same < result.compared || result.compared === 0) ? 1 : 0
  },
})

async function read(file: string): Promise<SessionRecording> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  )
  if (size === null) throw new Failure(`There is no file ${file}.`, 'Export a session from the dashboard of the player (press d).')
  if (size > MAX_BYTES) throw new Failure(`${file} is far larger than any recorded session.`)
  try {
    return readRecording(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof RecordingError) throw new Failure(`${file}: ${error.message}`)
    throw error
  }
}

function named(name: string, isRecorded: boolean): AbrRule {
  const rule = ruleNamed(name)
  if (rule) return rule
  const known = `There are: ${RULES.map((one) => one.name).join(', ')}.`
  if (isRecorded) throw new Failure(`The session was played by the rule '${name}', which is not here.`, `${known} Choose one with --rule.`)
  throw new Usage(`There is no rule '${name}'.`, known)
}

interface Outcomes {
  /** As it was. */
  recorded: SessionSummary
  /** As the model has it, under the rule that played and under the other; null when the log says too little. */
  modelled: SessionSummary | null
  whatIf: SessionSummary | null
}

function outcomes({ events, config }: SessionRecording, rule: AbrRule): Outcomes {
  const played = ruleNamed(config.rule)
  const [same, other] = [played && whatIf(events, played), whatIf(events, rule)]
  return { recorded: summarize(events), modelled: same && summarize(same), whatIf: other && summarize(other) }
}

function print(recording: SessionRecording, result: Replay, summaries: Outcomes | null, isOther: boolean): void {
  const { events, environment, recordedAt, config, droppedEvents } = recording
  console.log(
    `${clockText((events.at(-1)?.atMs ?? 0) / 1000)} on ${environment.browser}, ${environment.platform}; ${recordedAt}; rule ${config.rule}`,
  )
  if (droppedEvents > 0) {
    console.log(`The log no longer held the first ${counted(droppedEvents, 'event')}: a rule that remembers may decide otherwise.`)
  }
  if (result.unreadable > 0)
    console.log(`${counted(result.unreadable, 'decision')} could not be replayed: the renditions are not in the log.`)
  const { compared, same, sameRendition, chosenByViewer } = result
  const viewer = chosenByViewer === 0 ? '' : `; ${counted(chosenByViewer, 'choice')} by the viewer`
  if (compared === 0) console.log(`There is no decision of a rule in it${viewer}.`)
  else if (isOther)
    console.log(`${result.rule} chooses the same rendition in ${sameRendition} of ${counted(compared, 'situation')}${viewer}.`)
  else if (same === compared) console.log(`All ${counted(compared, 'decision')} came out the same${viewer}.`)
  else console.log(`${compared - same} of ${counted(compared, 'decision')} came out differently${viewer}.`)
  if (!isOther) {
    for (const { atMs, segment, recorded, replayed } of result.differences.slice(0, SHOWN)) {
      const now = replayed === null ? 'goes on' : `${replayed.id} (${replayed.reason})`
      console.log(`  ${clockText(atMs / 1000)} segment ${segment}: was ${recorded.id} (${recorded.reason}), is ${now}`)
    }
    if (result.differences.length > SHOWN) console.log('  and more: --json has them all')
  }
  if (summaries) printOutcomes(config.rule, result.rule, summaries)
}

function printOutcomes(played: string, other: string, { recorded, modelled, whatIf: would }: Outcomes): void {
  if (would === null) return console.log('What would have happened cannot be told: the log holds no transfer to learn the network from.')
  const rows: [string, SessionSummary][] = [
    [`${played}, as it was`, recorded],
    ...(modelled && other !== played ? [[`${played}, in the model`, modelled] as [string, SessionSummary]] : []),
    [`${other}, in the model`, would],
  ]
  const cells = rows.map(([name, { meanBps, stalls, stallMs, switches, startMs }]) => [
    ...[name, meanBps === null ? '–' : rateText(meanBps), String(stalls), timeText(stallMs), String(switches)],
    startMs === null ? '–' : timeText(startMs),
  ])
  console.log(`\n${table(['', 'mean bit rate', 'stalls', 'stalled', 'switches', 'start-up'], cells)}`)
  console.log('\nThe network is as the session saw it; where it was idle, the last rate is taken.')
}
