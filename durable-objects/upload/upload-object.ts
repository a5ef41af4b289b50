import { DurableObject } from 'cloudflare:workers'
export class UploadObject extends DurableObject<Env> {}
