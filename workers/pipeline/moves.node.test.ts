import { describe, expect, it } from 'vitest'
import { planLadder } from '../../media/ladder/plan.ts'
import type { TaskOutcome, TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Task, TaskFailure, TaskResult } from '../../protocol/tasks.ts'
import { BATCH, REFILL_AT, nextMoves } from './moves.ts'
import { chunkTask, thumbnailsTask, wholeTask } from './tasks.ts'

const ID = 'video_aaaaaa'

function factsOf(seconds: number, has: { picture?: boolean; sound?: boolean; wholeBecause?: string } = {}): SourceFacts {
  const durationUs = seconds * 1e6
  const video: SourceFacts['video'] = {
    streamIndex: 0,
    codec: 'h264',
    profile: 'High',
    codedWidth: 1920,
    codedHeight: 1080,
    width: 1920,
    height: 1080,
    rotationDeg: 0,
    frameRate: { num: 30, den: 1 },
    variableFrameRate: false,
    interlaced: false,
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    videoRange: 'SDR',
    startUs: 0,
    durationUs,
  }
  return {
    container: 'mov,mp4,m4a,3gp,3g2,mj2',
    sizeBytes: 1,
    bitrateBps: null,
    originUs: 0,
    durationUs,
    video: has.picture === false ? null : video,
    audio: has.sound === false ? null : { streamIndex: 1, codec: 'aac', channels: 2, sampleRateHz: 48_000, startUs: 0, durationUs },
    wholeBecause: has.wholeBecause ?? null,
  }
}

const RESULTS: Record<Task['spec']['kind'], TaskResult> = {
  probe: { kind: 'probe', facts: factsOf(1) },
  loudness: { kind: 'loudness', loudness: null },
  'encode-audio': { kind: 'encode-audio', samples: 1, chunks: 1 },
  'encode-chunk': { kind: 'encode-chunk', frames: 1, chunks: 1, renditions: [] },
  thumbnails: { kind: 'thumbnails', pictures: null },
}

const statusOf = ({ id, spec }: Task, outcome: TaskOutcome): TaskStatus => ({ id, kind: spec.kind, outcome })
const done = (task: Task): TaskStatus => statusOf(task, { state: 'done', result: RESULTS[task.spec.kind] })
const failed = (task: Task, reason: TaskFailure['reason'] = 'work'): TaskStatus =>
  statusOf(task, { state: 'failed', failure: { reason, message: 'm', log: '' } })
const waiting = (task: Task): TaskStatus => statusOf(task, { state: 'waiting' })

/** Plays the pool, one task at a time in order of submission. Answers what was submitted and how often the truth was read. */
function play(facts: SourceFacts, plan: Plan): { submitted: Task[]; rounds: number; mostKnown: number } {
  const submitted: Task[] = []
  const statuses: TaskStatus[] = []
  const open = (kind: string) => statuses.filter((one) => one.kind === kind && one.outcome.state === 'waiting')
  for (let rounds = 1; rounds < 10_000; rounds += 1) {
    for (;;) {
      const moves = nextMoves(ID, facts, plan, statuses)
      if (moves.move === 'finish') return { submitted, rounds, mostKnown: statuses.length }
      if (moves.move !== 'submit' && moves.move !== 'start-whole') throw new Error(moves.move)
      const whole = moves.move === 'start-whole' ? [wholeTask(ID, facts, plan, 0)] : []
      const tasks = [...moves.tasks, ...whole].filter(({ id }) => !statuses.some((status) => status.id === id))
      submitted.push(...tasks)
      statuses.push(...tasks.map(waiting))
      if (tasks.length === 0) break
    }
    // The pool hints when a kind runs low, and when it is through.
    for (let hinted = false; !hinted;) {
      const next = statuses.find(({ outcome }) => outcome.state === 'waiting')
      if (next === undefined) throw new Error('it waits for nothing')
      next.outcome = { state: 'done', result: RESULTS[next.kind] }
      hinted = [0, REFILL_AT].includes(open(next.kind).length)
    }
  }
  throw new Error('it never ends')
}

describe('a video from the first task to the last', () => {
  it('of ten hours takes every chunk once, in order, and few steps of a Workflow', () => {
    const facts = factsOf(36_000)
    const plan = planLadder(facts, { codecs: ['h264'] })
    expect(plan.chunkCount).toBe(600)
    const { submitted, rounds } = play(facts, plan)
    const chunks = submitted.flatMap(({ spec }) => (spec.kind === 'encode-chunk' ? [spec] : []))
    expect(chunks.map(({ firstChunk }) => firstChunk)).toEqual(Array.from({ length: 600 }, (_, n) => n))
    expect(chunks.every((spec) => spec.lastChunk === spec.firstChunk && spec.publishFrom === spec.firstChunk)).toBe(true)
    expect(submitted.length - chunks.length).toBe(3)
    // A round is two steps (read and act, wait for a hint); an instance may take 1,024 and has others for probe, plan and finish.
    expect(rounds * 2).toBeLessThan(100)
  })

  it('never has more than a batch and what was left of the last one open', () => {
    const facts = factsOf(36_000, { sound: false })
    const plan = planLadder(facts, { codecs: ['h264'] })
    const chunks = Array.from({ length: 200 }, (_, n) => chunkTask(ID, facts, plan, n))
    const submits = (open: number): number => {
      const known = [done(thumbnailsTask(ID, facts)), ...chunks.map((task, n) => (n < 200 - open ? done(task) : waiting(task)))]
      const moves = nextMoves(ID, facts, plan, known)
      return moves.move === 'submit' ? moves.tasks.length : -1
    }
    expect(submits(REFILL_AT + 1)).toBe(0)
    expect(submits(REFILL_AT)).toBe(BATCH)
    expect(submits(0)).toBe(BATCH)
  })

  it.each([
    ['sound alone', factsOf(60, { picture: false }), ['loudness', 'encode-audio']],
    ['picture alone', factsOf(8, { sound: false }), ['thumbnails', 'encode-chunk']],
    ['a source that cannot be cut', factsOf(60, { wholeBecause: 'No index.' }), ['loudness', 'thumbnails', 'encode-chunk', 'encode-audio']],
  ])('of %s has the tasks it needs and no others', (_name, facts, kinds) => {
    const { submitted } = play(facts, planLadder(facts, { codecs: [] }))
    expect(submitted.map(({ spec }) => spec.kind)).toEqual(kinds)
  })
})

describe('a task that failed for good', () => {
  const facts = factsOf(60, { sound: false })
  const plan = planLadder(facts, { codecs: ['h264'] })
  const chunks = Array.from({ length: plan.chunkCount }, (_, n) => chunkTask(ID, facts, plan, n))
  const [first, ...others] = chunks
  if (first === undefined) throw new Error('no chunks')
  const previews = thumbnailsTask(ID, facts)

  it('fails the video, with the failure of the first one', () => {
    for (const reason of ['work', 'source'] as const) {
      expect(nextMoves(ID, facts, plan, [failed(first, reason), done(previews)])).toMatchObject({
        move: 'fail',
        kind: 'encode-chunk',
        failure: { reason },
      })
    }
  })

  it('is only a stage that failed when it made previews: the video goes on, and finishes', () => {
    expect(nextMoves(ID, facts, plan, [failed(previews), ...chunks.map(waiting)])).toEqual({ move: 'submit', tasks: [] })
    expect(nextMoves(ID, facts, plan, [failed(previews), ...chunks.map(done)])).toEqual({ move: 'finish' })
  })

  it('switches to one task when a chunk cannot be cut, once', () => {
    const known = [done(previews), failed(first, 'uncuttable'), ...others.map(waiting)]
    expect(nextMoves(ID, facts, plan, known)).toEqual({ move: 'switch-to-whole' })
    const whole: Plan = { ...plan, mode: 'whole' }
    expect(nextMoves(ID, facts, whole, known)).toEqual({ move: 'start-whole', tasks: [previews] })
    const replaced = wholeTask(ID, facts, whole, 0)
    expect(nextMoves(ID, facts, whole, [done(previews), waiting(replaced)])).toEqual({ move: 'submit', tasks: [] })
    expect(nextMoves(ID, facts, whole, [done(previews), done(replaced)])).toEqual({ move: 'finish' })
    // The whole task has nothing left to switch to.
    expect(nextMoves(ID, facts, whole, [done(previews), failed(replaced, 'uncuttable')])).toMatchObject({ move: 'fail' })
  })
})
