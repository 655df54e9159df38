import { tryPlatform } from './platforms.ts';

tryPlatform('slack');
