import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Ajv, type ValidateFunction } from 'ajv';
import { ZipFile } from 'yazl';
import type { ManifestConfig } from '../src/config.ts';

export interface TeamsApp {
  /** The bot's Microsoft App ID; the package bears the same id. */
  readonly appId: string;
  readonly publicUrl: string | undefined;
  readonly developer: ManifestConfig['developer'];
  /** Teams takes a new package only under a higher version. */
  readonly version: string;
}

const SOURCE = resolve('manifest/teams');
const SCHEMAS = '@microsoft/app-manifest/build/json-schemas/teams/v1.30';
// The same bytes for the same content, wherever and whenever it is built.
const ENTRY = { mtime: new Date(2000, 0, 1), forceDosTimestamp: true };
/** In pixels, as Teams wants them. */
const ICON_SIZES = { 'color.png': 192, 'outline.png': 32 } as const;

const FIRST_MINUTE_MS = Date.UTC(2026, 0, 1);

/**
 * The program's own version with the minutes since 2026 in its last place: Teams takes a package again only under a
 * higher version, also where nothing but an address has changed.
 */
export function publishedVersion(version: string, now: Date): string {
  const [major, minor] = version.split('.');
  return `${major}.${minor}.${Math.floor((now.getTime() - FIRST_MINUTE_MS) / 60_000)}`;
}

/** The package to upload to Teams, as a zip. Throws when Microsoft's schema, or an icon's size, does not fit. */
export async function buildTeamsApp({ appId, publicUrl, developer, version }: TeamsApp): Promise<Buffer> {
  const template = JSON.parse(await readFile(join(SOURCE, 'manifest.json'), 'utf8'));
  const manifest = {
    ...template,
    version,
    developer,
    id: appId,
    bots: template.bots.map((bot: object) => ({ ...bot, botId: appId })),
    validDomains: publicUrl === undefined ? [] : [new URL(publicUrl).hostname],
  };
  const english = JSON.parse(await readFile(join(SOURCE, 'en.json'), 'utf8'));
  await check('manifest.json', manifest, 'MicrosoftTeams.schema.json');
  await check('en.json', english, 'MicrosoftTeams.Localization.schema.json');

  const files = new Map<string, Buffer>([
    ['manifest.json', Buffer.from(JSON.stringify(manifest, undefined, 2))],
    ['en.json', Buffer.from(JSON.stringify(english, undefined, 2))],
  ]);
  for (const [name, size] of Object.entries(ICON_SIZES)) files.set(name, await readIcon(name, size));
  return zip(files);
}

async function check(name: string, document: unknown, schema: string): Promise<void> {
  const valid = await validator(schema);
  if (valid(document)) return;
  const faults = valid.errors?.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
  throw new Error(`manifest/teams/${name}: ${faults?.join(', ')}`);
}

async function validator(name: string): Promise<ValidateFunction> {
  const path = createRequire(resolve('package.json')).resolve(`${SCHEMAS}/${name}`);
  // It calls itself draft-04, which Ajv has no more, uses `const`, which came later, and patterns that are no Unicode.
  const { $schema: _draft04, ...schema } = JSON.parse(await readFile(path, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, formats: { uri: true } });
  return ajv.compile(schema);
}

async function readIcon(name: string, size: number): Promise<Buffer> {
  const png = await readFile(join(SOURCE, name));
  // A PNG begins with its signature and the IHDR chunk, which begins with width and height.
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (png.toString('latin1', 1, 4) !== 'PNG' || width !== size || height !== size) {
    throw new Error(`manifest/teams/${name}: ${width}×${height} instead of a PNG of ${size}×${size}`);
  }
  return png;
}

async function zip(files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of files) archive.addBuffer(content, name, ENTRY);
  archive.end();
  return buffer(archive.outputStream);
}
