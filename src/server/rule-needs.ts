import type { Rule } from '../authorize/rule.ts';
import { ConfigError } from '../core/errors.ts';
import type { TokenValidator } from '../token/validator.ts';

/** Settings that rules can depend on. */
export interface RuleSettings {
  readonly clientCertificates: 'none' | 'optional' | 'required';
  readonly binding: TokenValidator['binding'];
}

/**
 * Refuses rules that nobody can satisfy with the settings of the server: found at start, and not by the first caller.
 *
 * @throws ConfigError `ERR_RULE_INVALID` naming the method or service.
 */
export function checkRuleNeeds(
  rules: Iterable<readonly [name: string, rule: Rule]>,
  { clientCertificates, binding }: RuleSettings,
): void {
  for (const [name, rule] of rules) {
    if (rule.kind === 'public' || rule.clientCertificate === undefined) continue;
    if (clientCertificates === 'none') {
      throw new ConfigError(
        'ERR_RULE_INVALID',
        `rule of ${name} asks for a client certificate, and the server asks nobody for one; set ` +
          'tls.clientCertificates to "required" or "optional", or remove client_certificate',
      );
    }
    if (rule.clientCertificate.boundToken && binding === 'off') {
      throw new ConfigError(
        'ERR_RULE_INVALID',
        `rule of ${name} asks for bound tokens, and the server does not look at bindings; set entra.binding to "optional"`,
      );
    }
  }
}
