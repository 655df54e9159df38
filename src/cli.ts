#!/usr/bin/env -S node --max-old-space-size=256 --max-semi-space-size=8 --enable-source-maps
// `chorus start` runs the bot; every other word is a command of the administrator.
if (process.argv[2] === 'start') await import('./main.ts');
else await import('./admin.ts');
