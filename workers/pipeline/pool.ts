/** The one runner pool, and how a pipeline reads it. */
import type { PoolRpc } from '../../protocol/pipeline.ts'

/** All runners dial in to the object of this name. */
export function runnerPool(env: Env): DurableObjectStub & PoolRpc {
  return env.POOL.getByName('main')
}
