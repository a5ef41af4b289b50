import { WorkerEntrypoint } from 'cloudflare:workers'
export class UploadHooks extends WorkerEntrypoint<Env> {}
