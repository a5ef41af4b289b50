/**
 * The pipeline of one video, as a Workflow: probe, plan, encode, finish. Instance id = video id.
 *
 * Events are hints, truth lies in D1 and the pool (docs/decisions/hints-and-truth.md): each round reads the truth and acts
 * on it, then waits for a hint or for a while. Steps return one word, so nothing of size is kept with the instance, and
 * every step may run again, also from the start.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers'
import { encode } from './encode.ts'
import { finish } from './finish.ts'
import { plan, probe, type Phase } from './probe.ts'

/** Type of the event that wakes an instance. */
export const HINT = 'tasks'

/** Two steps a round: far below the 1,024 steps an instance may take. When they are used up the instance ends, and is started anew. */
const MAX_ROUNDS = 400
const STEP = { retries: { limit: 8, delay: '1 second', backoff: 'exponential' }, timeout: '5 minutes' } as const
/** A hint that got lost costs this much at most. */
const PATIENCE = '5 minutes'

export interface PipelineParams {
  videoId: string
}

export class VideoPipeline extends WorkflowEntrypoint<Env, PipelineParams> {
  override async run(event: Readonly<WorkflowEvent<PipelineParams>>, step: WorkflowStep): Promise<void> {
    const { videoId } = event.payload
    const phases: [string, (env: Env, videoId: string) => Promise<Phase>][] = [
      ['probe', probe],
      ['plan', plan],
      ['encode', encode],
      ['finish', finish],
    ]
    let round = 0
    for (const [name, run] of phases) {
      for (;;) {
        if (round === MAX_ROUNDS) return
        round += 1
        const phase = await step.do(`${name} ${round}`, STEP, () => run(this.env, videoId))
        if (phase === 'over') return
        if (phase === 'next') break
        await hint(step, `hint ${round}`)
      }
    }
  }
}

/** Returns at a hint, or when none came for a while. */
async function hint(step: WorkflowStep, name: string): Promise<void> {
  try {
    await step.waitForEvent(name, { type: HINT, timeout: PATIENCE })
  } catch (error) {
    // A time-out is an answer like any other; what else is thrown here is the engine stopping this run.
    if (!(error instanceof Error) || !/time(d )?out/i.test(`${error.name} ${error.message}`)) throw error
  }
}
