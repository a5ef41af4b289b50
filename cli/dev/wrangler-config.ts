/**
 * The local edge's configuration: wrangler.toml of the checkout with absolute paths, local S3 credentials on its buckets and
 * network shaping, as JSON in the data folder. wrangler keeps its temporary files beside the configuration, so two stacks
 * with data folders of their own do not meet.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'smol-toml'
import type { Secrets } from './secrets.ts'

interface WranglerConfig {
  main: string
  assets: { directory: string }
  vars: Record<string, string>
  d1_databases: { migrations_dir: string }[]
  r2_buckets: { bucket_name: string; local_dev?: { experimental_s3_credentials: Secrets['s3'] } }[]
}

/** Writes `<data>/wrangler.json` (0600: the S3 keys are in it) and returns its path. */
export async function writeWranglerConfig(root: string, dataDir: string, s3: Secrets['s3']): Promise<string> {
  const config = parse(await readFile(path.join(root, 'wrangler.toml'), 'utf8')) as unknown as WranglerConfig
  const local: WranglerConfig = {
    ...config,
    main: path.resolve(root, config.main),
    assets: { ...config.assets, directory: path.resolve(root, config.assets.directory) },
    // A slow network can be asked for where nobody but its owner is served.
    vars: { ...config.vars, NETWORK_SHAPING: 'on' },
    d1_databases: config.d1_databases.map((database) => ({ ...database, migrations_dir: path.resolve(root, database.migrations_dir) })),
    r2_buckets: config.r2_buckets.map((bucket) => ({ ...bucket, local_dev: { experimental_s3_credentials: s3 } })),
  }
  const file = path.join(dataDir, 'wrangler.json')
  await writeFile(file, `${JSON.stringify(local, null, 2)}\n`, { mode: 0o600 })
  return file
}
