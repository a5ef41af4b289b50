import { DurableObject } from 'cloudflare:workers'
export class RunnerPool extends DurableObject<Env> {}
