export { type EmulatorOptions, type EntraEmulator, startEntraEmulator } from './emulator.ts';
export type { EmulatedApi, EmulatedApp, EmulatedSecret } from './registrations.ts';
export type { MintOptions } from './tokens.ts';
