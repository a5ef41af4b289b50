import { WorkerEntrypoint } from 'cloudflare:workers'
export class PipelineHooks extends WorkerEntrypoint<Env> {}
