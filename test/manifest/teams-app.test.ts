import { readdirSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildTeamsApp, publishedVersion } from '../../manifest/teams-app.ts';
import { readCommand } from '../../src/bot/commands.ts';
import { loadManifestConfig } from '../../src/config.ts';
import type { Refusal } from '../../src/refusal.ts';

const APP = {
  appId: '3b0c9a52-6d6e-4f57-8d6b-1c2f0d7e4a21',
  publicUrl: 'https://bot.saubin.example:8443/chorus',
  version: '1.2.3',
  developer: {
    name: 'Mairie de Saint-Aubin',
    websiteUrl: 'https://saubin.fr/',
    privacyUrl: 'https://saubin.fr/confidentialite',
    termsOfUseUrl: 'https://saubin.fr/conditions',
  },
};
const DEVELOPER = {
  DEVELOPER_NAME: APP.developer.name,
  DEVELOPER_WEBSITE: APP.developer.websiteUrl,
  DEVELOPER_PRIVACY_URL: APP.developer.privacyUrl,
  DEVELOPER_TERMS_URL: APP.developer.termsOfUseUrl,
};

/** The files of a zip, read from its central directory. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let entry = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    const size = archive.readUInt32LE(entry + 20);
    const nameLength = archive.readUInt16LE(entry + 28);
    const local = archive.readUInt32LE(entry + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = archive.subarray(start, start + size);
    const name = archive.toString('utf8', entry + 46, entry + 46 + nameLength);
    files.set(name, archive.readUInt16LE(entry + 10) === 8 ? inflateRawSync(content) : content);
    entry += 46 + nameLength + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32);
  }
  return files;
}

describe('the Teams package', () => {
  let files: Map<string, Buffer>;
  let manifest: { bots: [{ commandLists: { scopes: string[]; commands: { title: string }[] }[] }] };
  let english: Record<string, string>;

  beforeAll(async () => {
    files = unzip(await buildTeamsApp(APP));
    manifest = JSON.parse(String(files.get('manifest.json')));
    english = JSON.parse(String(files.get('en.json')));
  });

  test('holds the manifest, its English and both icons, all at the top', () => {
    expect([...files.keys()].sort()).toEqual(['color.png', 'en.json', 'manifest.json', 'outline.png']);
    expect(files.get('color.png')).toEqual(readFileSync('manifest/teams/color.png'));
  });

  test('is about this bot, in this version, at this address', () => {
    expect(manifest).toMatchObject({
      id: APP.appId,
      version: '1.2.3',
      bots: [{ botId: APP.appId, scopes: ['personal', 'team', 'groupChat'], supportsFiles: false }],
      validDomains: ['bot.saubin.example'],
    });
  });

  test('says everything in English too', () => {
    const texts = ['name.short', 'name.full', 'description.short', 'description.full'];
    for (const [at, list] of manifest.bots[0].commandLists.entries()) {
      for (const index of list.commands.keys()) {
        const path = `bots[0].commandLists[${at}].commands[${index}]`;
        texts.push(`${path}.title`, `${path}.description`);
      }
    }
    const { $schema, ...translated } = english;
    expect(Object.keys(translated).sort()).toEqual(texts.sort());
  });

  test('suggests only commands that the bot understands, alike in both languages', () => {
    for (const [at, list] of manifest.bots[0].commandLists.entries()) {
      for (const [index, { title }] of list.commands.entries()) {
        const twin = english[`bots[0].commandLists[${at}].commands[${index}].title`] ?? '';
        expect(readCommand(title)?.command).toBeDefined();
        expect(readCommand(twin)?.command).toBe(readCommand(title)?.command);
      }
    }
  });

  test('suggests in a team what a team may say, and to a person what a person may', () => {
    const titles = manifest.bots[0].commandLists.map(({ scopes, commands }) => [
      scopes,
      commands.map(({ title }) => title),
    ]);
    expect(titles).toEqual([
      [['personal'], ['aide', 'comptes', 'réinitialiser', 'configuration']],
      [
        ['team', 'groupChat'],
        ['aide', 'rappels ici', 'rappels stop', 'réinitialiser'],
      ],
    ]);
  });

  test('says who runs the bot', () => {
    expect(manifest).toMatchObject({ developer: APP.developer });
  });

  test('follows the newest schema that the package of Microsoft carries', () => {
    const folder = 'node_modules/@microsoft/app-manifest/build/json-schemas/teams';
    const numbers = readdirSync(folder).flatMap((name) => /^v1\.(\d+)$/.exec(name)?.[1] ?? []);
    expect(manifest).toMatchObject({ manifestVersion: `1.${Math.max(...numbers.map(Number))}` });
  });

  test('has a higher version a minute later, also where nothing has changed', () => {
    const now = new Date('2026-11-28T12:00:00Z');
    expect(publishedVersion('0.1.0', now)).toBe('0.1.477360');
    expect(publishedVersion('0.1.0', new Date(now.getTime() + 60_000))).toBe('0.1.477361');
  });

  test('names no domain where the bot has no public address', async () => {
    const inside = unzip(await buildTeamsApp({ ...APP, publicUrl: undefined }));
    expect(JSON.parse(String(inside.get('manifest.json'))).validDomains).toEqual([]);
  });

  test('is the same to the byte when it is built again', async () => {
    expect(await buildTeamsApp(APP)).toEqual(await buildTeamsApp(APP));
  });
});

test("what Microsoft's schema refuses is refused, by the place in the manifest", async () => {
  await expect(buildTeamsApp({ ...APP, appId: 'my-bot' })).rejects.toThrow(
    /^manifest\/teams\/manifest\.json: \/id must match pattern .*\/bots\/0\/botId must match pattern/,
  );
});

test.each([
  [undefined, 'manque'],
  ['00000000-0000-0000-0000-000000000000', 'ne convient pas'],
  ['<your app id>', 'ne convient pas'],
])('an application id that reads %s stops with one line', (MicrosoftAppId, what) => {
  expect(() => loadManifestConfig({ MicrosoftAppId, ...DEVELOPER })).toThrow(
    `MicrosoftAppId ${what} : mettez dans .env l’identifiant (GUID) de votre application Microsoft Entra`,
  );
});

test('who runs the bot must be said, and is nobody’s example: a line for each', () => {
  const MicrosoftAppId = APP.appId;
  const linesOf = (env: Record<string, string>) => {
    try {
      loadManifestConfig({ MicrosoftAppId, ...env });
      return [];
    } catch (error) {
      return (error as Refusal).lines.map((line) => line.split(' : ')[0]);
    }
  };
  expect(linesOf(DEVELOPER)).toEqual([]);
  expect(linesOf({})).toEqual([
    'DEVELOPER_NAME manque',
    'DEVELOPER_WEBSITE manque',
    'DEVELOPER_PRIVACY_URL manque',
    'DEVELOPER_TERMS_URL manque',
  ]);
  for (const address of [
    'https://example.org/',
    'https://www.example.com/x',
    'http://saubin.fr/',
    'https://bot.example',
    'x',
  ])
    expect(linesOf({ ...DEVELOPER, DEVELOPER_WEBSITE: address })).toEqual([
      'DEVELOPER_WEBSITE ne convient pas',
    ]);
});
