/** Starts the pipeline of a video whose source is complete. Idempotent: the instance is named after the video. */
export async function startPipeline(_env: Env, _videoId: string): Promise<void> {}
