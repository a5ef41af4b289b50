export async function sweep(_env: Env): Promise<void> {}
