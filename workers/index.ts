/** The Worker's entry: the app for requests, the sweep for the clock, and the classes that the bindings name. */
import { app } from './app.ts'
import { sweep } from './pipeline/sweep.ts'

export { RunnerPool } from '../durable-objects/runner-pool/runner-pool.ts'
export { UploadObject } from '../durable-objects/upload/upload-object.ts'
export { PipelineHooks } from './pipeline/hooks.ts'
export { VideoPipeline } from './pipeline/workflow.ts'
export { UploadHooks } from './uploads/hooks.ts'

export default {
  fetch: app.fetch,
  async scheduled(_controller, env) {
    await sweep(env)
  },
} satisfies ExportedHandler<Env>
