import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Usage } from '../failure.ts'
import { loadSecrets, writeEdgeSecrets } from './secrets.ts'
import { readSettings } from './settings.ts'

describe('settings', () => {
  it('have defaults that work; empty is as good as missing', () => {
    const defaults = {
      port: 8787,
      host: '127.0.0.1',
      dataDir: '/somewhere/.sluice',
      adminToken: null,
      runners: 1,
      demo: true,
      ffmpegPath: 'ffmpeg',
    }
    expect(readSettings({}, '/somewhere')).toEqual(defaults)
    expect(readSettings({ PORT: '', SLUICE_RUNNERS: ' ' }, '/somewhere')).toEqual(defaults)
    expect(readSettings({ PORT: '9000', SLUICE_DATA: 'x', SLUICE_DEMO: '0', SLUICE_RUNNERS: '0' }, '/a')).toMatchObject({
      ...{ port: 9000, dataDir: '/a/x', demo: false, runners: 0 },
    })
  })

  it('that make no sense are named', () => {
    for (const env of [
      { PORT: '0' },
      { PORT: '65536' },
      { PORT: '1e3' },
      { SLUICE_RUNNERS: '-1' },
      { SLUICE_ADMIN_TOKEN: 'short' },
      { SLUICE_ADMIN_TOKEN: `${'a'.repeat(20)} b` },
    ]) {
      expect(() => readSettings(env, '/')).toThrow(Usage)
      expect(() => readSettings(env, '/')).toThrow(Object.keys(env)[0])
    }
  })
})

describe('secrets', () => {
  it('are made once, kept, readable by their owner only; a token from the environment is not kept', async () => {
    const dataDir = path.join(await mkdtemp(path.join(tmpdir(), 'sluice-secrets-')), 'data')
    const made = await loadSecrets(dataDir, null)
    expect(new Set([made.adminToken, made.runnerToken, made.s3.accessKeyId, made.s3.secretAccessKey]).size).toBe(4)
    const given = await loadSecrets(dataDir, `it's-"my"-own-token`)
    expect(given).toEqual({ ...made, adminToken: `it's-"my"-own-token` })
    const edgeFile = await writeEdgeSecrets(dataDir, given)
    expect(await loadSecrets(dataDir, null)).toEqual(made)
    for (const file of [edgeFile, path.join(dataDir, 'secrets.env')]) expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect(await readFile(edgeFile, 'utf8')).not.toContain(made.s3.secretAccessKey)
    await rm(path.dirname(dataDir), { recursive: true })
  })
})
