import { tryPlatform } from './platforms.ts';

tryPlatform('teams');
