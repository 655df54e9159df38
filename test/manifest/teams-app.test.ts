import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildTeamsApp } from '../../manifest/teams-app.ts';
import { readCommand } from '../../src/bot/commands.ts';
import { loadManifestConfig } from '../../src/config.ts';

const APP = {
  appId: '3b0c9a52-6d6e-4f57-8d6b-1c2f0d7e4a21',
  publicUrl: 'https://bot.saubin.example:8443/chorus',
  version: '1.2.3',
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
  let manifest: { bots: [{ commandLists: [{ commands: { title: string }[] }] }] };
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
    const [list] = manifest.bots[0].commandLists;
    for (const index of list.commands.keys()) {
      const path = `bots[0].commandLists[0].commands[${index}]`;
      texts.push(`${path}.title`, `${path}.description`);
    }
    const { $schema, ...translated } = english;
    expect(Object.keys(translated).sort()).toEqual(texts.sort());
  });

  test('suggests only commands that the bot understands, alike in both languages', () => {
    const [list] = manifest.bots[0].commandLists;
    for (const [index, { title }] of list.commands.entries()) {
      const twin = english[`bots[0].commandLists[0].commands[${index}].title`] ?? '';
      expect(readCommand(title)?.command).toBeDefined();
      expect(readCommand(twin)).toEqual(readCommand(title));
    }
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
  expect(() => loadManifestConfig({ MicrosoftAppId })).toThrow(
    `MicrosoftAppId ${what} : mettez dans .env l’identifiant (GUID) de votre application Microsoft Entra`,
  );
});
