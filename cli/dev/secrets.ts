/**
 * Secrets of this installation: made once at random, kept in `<data>/secrets.env` that only its owner can read. The same
 * file is what wrangler reads by `--env-file`, so that no secret is ever an argument of a process.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

export interface Secrets {
  adminToken: string
  runnerToken: string
  s3: { accessKeyId: string; secretAccessKey: string }
}

/** The secrets in `dataDir`, made where they are missing. `adminToken` overrides what is kept, for this start only. */
export async function loadSecrets(dataDir: string, adminToken: string | null): Promise<Secrets> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const kept = await readEnvFile(path.join(dataDir, 'secrets.env'))
  const values = {
    SLUICE_ADMIN_TOKEN: kept.get('SLUICE_ADMIN_TOKEN') ?? secret(24),
    SLUICE_RUNNER_TOKEN: kept.get('SLUICE_RUNNER_TOKEN') ?? secret(24),
    AWS_ACCESS_KEY_ID: kept.get('AWS_ACCESS_KEY_ID') ?? secret(12),
    AWS_SECRET_ACCESS_KEY: kept.get('AWS_SECRET_ACCESS_KEY') ?? secret(30),
  }
  await writeEnvFile(path.join(dataDir, 'secrets.env'), values)
  const s3 = { accessKeyId: values.AWS_ACCESS_KEY_ID, secretAccessKey: values.AWS_SECRET_ACCESS_KEY }
  return { adminToken: adminToken ?? values.SLUICE_ADMIN_TOKEN, runnerToken: values.SLUICE_RUNNER_TOKEN, s3 }
}

/** What the Worker gets: written for each start, because the admin token may come from the environment. Returns the path. */
export async function writeEdgeSecrets(dataDir: string, secrets: Secrets): Promise<string> {
  const file = path.join(dataDir, 'edge.env')
  await writeEnvFile(file, { SLUICE_ADMIN_TOKEN: secrets.adminToken, SLUICE_RUNNER_TOKEN: secrets.runnerToken })
  return file
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

async function readEnvFile(file: string): Promise<Map<string, string>> {
  // A missing file is a first start.
  const text = await readFile(file, 'utf8').catch(() => '')
  const pairs = [...text.matchAll(/^([A-Z0-9_]+)=["']?([^"'\n]+)["']?$/gm)]
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]))
}

async function writeEnvFile(file: string, values: Record<string, string>): Promise<void> {
  const quote = (value: string): string => (value.includes("'") ? JSON.stringify(value) : `'${value}'`)
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}\n`)
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
