import { certsCommand } from './certs-command.ts';

process.exitCode = await certsCommand(process.argv.slice(2));
