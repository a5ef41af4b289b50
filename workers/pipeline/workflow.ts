import { WorkflowEntrypoint } from 'cloudflare:workers'
export class VideoPipeline extends WorkflowEntrypoint<Env, { videoId: string }> {
  override async run(): Promise<void> {}
}
