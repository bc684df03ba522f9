import { emulatorCommand } from './emulator-command.ts';

process.exitCode = await emulatorCommand(process.argv.slice(2));
