// Installs what is missing, with a clear line for each thing. Called by `npm start`, `npm test` and `npm run check`, so it
// is plain JavaScript without dependencies for Node 20, and takes a fraction of a second when everything is there.
//   node scripts/setup.mjs start|test|check
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = path.join(root, 'node_modules/.bin')
const purpose = process.argv[2] ?? ''
if (!['start', 'test', 'check'].includes(purpose)) stop('setup: use it as `node scripts/setup.mjs start|test|check`.', 2)

installPackages()
requireNode()
if (purpose !== 'check') {
  const ffmpeg = process.env.FFMPEG_PATH?.trim() || 'ffmpeg'
  const programs = []
  if (!runs(ffmpeg)) programs.push({ name: 'FFmpeg', debian: 'ffmpeg', mac: 'brew install ffmpeg', setting: 'FFMPEG_PATH' })
  if (purpose === 'test' && findChromium() === null) {
    programs.push({ name: 'Chromium', debian: 'chromium', mac: 'brew install --cask chromium', setting: 'CHROMIUM_PATH' })
  }
  installPrograms(programs)
}

/** npm packages, exactly as the lock file says. The stamp is inside node_modules, so that it goes away with it. */
function installPackages() {
  const stamp = path.join(root, 'node_modules/.sluice-lock')
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update(`${os.platform()}-${os.arch()}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (packagesMatchLock()) {
    writeFileSync(stamp, wanted)
    return
  }
  step('npm packages', 'npm ci', () => run('npm', ['ci', '--no-audit', '--no-fund'], withoutLifecycle()))
  writeFileSync(stamp, wanted)
}

/** Somebody ran `npm ci` or `npm install` by hand: npm's own record of what it installed has the versions of the lock file. */
function packagesMatchLock() {
  const installed = installedPackages()
  const locked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(locked).every(([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version)
}

function installedPackages() {
  try {
    return JSON.parse(readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8')).packages ?? {}
  } catch {
    return {} // nothing installed yet, or npm was killed while it wrote
  }
}

/** The settings npm gives its scripts would change what an inner npm does; the person's own settings stay. */
function withoutLifecycle() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(name))
  return { ...Object.fromEntries(kept), npm_config_loglevel: 'error' }
}

/** npm puts node_modules/.bin first on PATH in its scripts: the Node that is linked there is the one that runs everything else. */
function requireNode() {
  if (atLeast(process.versions.node, 22, 18)) return
  const bundled = path.join(bin, 'node')
  const version = spawnSync(bundled, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim() ?? ''
  if (atLeast(version, 22, 18)) return
  stop(
    `setup: Sluice needs Node 22.18 or newer; this is ${process.versions.node}, and npm has no newer one for ${os.platform()}-${os.arch()}.\n` +
      'Install Node 24 (https://nodejs.org/en/download, or `nvm install 24`) and run the command again.',
  )
}

function atLeast(version, major, minor) {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

function runs(program) {
  if (program.includes('/')) return executable(program)
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => executable(path.join(folder, program)))
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // not there, or not to be run
  }
}

function findChromium() {
  const places = [
    process.env.CHROMIUM_PATH?.trim(),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return places.find((place) => place && executable(place)) ?? null
}

/** Programs of the system: by apt where this is Debian's root, else a sentence that says exactly what to do. */
function installPrograms(programs) {
  if (programs.length === 0) return
  const names = programs.map((program) => program.debian)
  if (!runs('apt-get') || process.getuid?.() !== 0) {
    const lines = programs.map(({ name, debian, mac, setting }) => {
      const command =
        os.platform() === 'darwin'
          ? mac
          : runs('apt-get')
            ? `sudo apt-get install -y ${debian}`
            : `install ${debian} with your package manager`
      return `  ${name} is missing: ${command}   (or set ${setting} to where it is)`
    })
    stop(`setup: something has to be installed first, and this account cannot do it.\n${lines.join('\n')}\nThen run the command again.`)
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['-o', 'Dpkg::Use-Pty=0', 'install', '-yq', '--no-install-recommends', ...names]
  const title = programs.map((program) => program.name).join(' and ')
  step(title, `apt-get install ${names.join(' ')}`, () => {
    // Lists may be there and fresh enough; if not, this fails quickly and they are fetched.
    const hasLists = spawnSync('apt-cache', ['show', ...names], { stdio: 'ignore' }).status === 0
    const first = hasLists ? run('apt-get', install, env) : null
    if (first !== null && first.status === 0) return first
    const update = run('apt-get', ['update', '-q'], env)
    return update.status === 0 ? run('apt-get', install, env) : update
  })
}

/** Says what is happening, does it, says how long it took; on failure the last lines and where the rest is. */
function step(title, command, action) {
  const startedMs = Date.now()
  console.log(`setup      ${title}: ${command} …`)
  const { status, output } = action()
  if (status !== 0) {
    const log = path.join(mkdtempSync(path.join(os.tmpdir(), 'sluice-setup-')), 'log')
    writeFileSync(log, output)
    stop(`setup: \`${command}\` failed (all it said: ${log}):\n${essence(output)}`)
  }
  console.log(`setup      ${title}: done in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`)
}

/** npm says the reason first and how it is used last; apt the reason last. */
function essence(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^npm (warn|notice)|^npm error$/.test(line))
  return (lines[0]?.startsWith('npm error') ? lines.slice(0, 12) : lines.slice(-12)).join('\n')
}

function run(program, args, env) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status: status ?? 1, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` }
}

function stop(message, code = 1) {
  console.error(message)
  process.exit(code)
}
