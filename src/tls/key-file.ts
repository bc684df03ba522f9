import { type Stats, statSync } from 'node:fs';
import { badCertificate } from './certificate-checks.ts';

/** The user this process runs as, or `undefined` where the system knows none. */
const ownUser = (): number | undefined => process.getuid?.();

/**
 * Whether a file is laid out as orchestrators mount secrets for a service that runs without privileges: it belongs to
 * root, the group may read it, nobody else may, and neither may change it.
 */
function isMountedSecret({ mode, uid }: Stats, user: number): boolean {
  return user !== 0 && uid === 0 && (mode & 0o037) === 0;
}

/**
 * Refuses a key file that is not a secret: one that others on the machine can read, or own.
 *
 * Links are followed. Files that root owns and a group may read are accepted from a service that is not root, because
 * that is how Kubernetes mounts secrets with `fsGroup`.
 *
 * @throws ConfigError `ERR_CERTIFICATE_INVALID` with the command that mends it.
 */
export function checkKeyFile(where: string, file: unknown): void {
  const user = ownUser();
  if (user === undefined || typeof file !== 'string') return;
  const stat = statSync(file, { throwIfNoEntry: false });
  // A missing file is reported by who reads it.
  if (stat === undefined || isMountedSecret(stat, user)) return;
  if ((stat.mode & 0o077) !== 0) {
    throw badCertificate(
      `${where} "${file}" can be read by others (mode ${(stat.mode & 0o777).toString(8)}); run: chmod 600 "${file}"`,
    );
  }
  if (stat.uid !== user && stat.uid !== 0) {
    throw badCertificate(
      `${where} "${file}" belongs to another user (uid ${stat.uid}), who can replace it; run: chown ${user} "${file}"`,
    );
  }
}
