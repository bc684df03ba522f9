// Compares the public API of every entry with the report kept beside this script, so that no change of it goes unseen.
//
//   node test/api/report.mjs            exits with 1 where a report is out of date
//   node test/api/report.mjs --update   writes the reports
//
// Needs compiled sources (tsc -b).
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const update = process.argv.includes('--update');
const projectFolder = resolve('.');
const { exports: entries } = JSON.parse(readFileSync('package.json', 'utf8'));

/** `./server` is reported in server.api.md, and `.` in index.api.md. */
const nameOf = (entry) => (entry === '.' ? 'index' : entry.slice(2));

function configOf(name, types) {
  const silent = { logLevel: 'none' };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, types),
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: join(projectFolder, 'test/api'),
        reportTempFolder: join(projectFolder, 'temp/api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: { tsconfigFilePath: join(projectFolder, 'tsconfig.json') },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: silent },
        // What is public is decided by the entries, not by release tags.
        extractorMessageReporting: {
          default: silent,
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: silent },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
  });
}

let stale = 0;
for (const [entry, target] of Object.entries(entries)) {
  if (target.types === undefined) continue;
  const name = nameOf(entry);
  const { apiReportChanged } = Extractor.invoke(configOf(name, target.types), {
    localBuild: update,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  if (!apiReportChanged || update) continue;
  stale++;
  console.error(`error: the API of grpc-entra/${name} is not what test/api/${name}.api.md says`);
}
rmSync('temp/api', { recursive: true, force: true });
if (stale > 0) {
  console.error('hint: if the change is meant, run: npm run api -- --update');
  process.exitCode = 1;
} else {
  console.log('API reports are current');
}
