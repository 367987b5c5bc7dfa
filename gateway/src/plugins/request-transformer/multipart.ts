/** Operations on multipart/form-data bodies. */
import { MultipartForm } from '../lib/multipart.js';
import type { Environment } from './lua/parser.js';
import type { Rule, RuleSet } from './rules.js';

function change(form: MultipartForm, rules: RuleSet, render: (rule: Rule) => string): boolean {
  let changed = rules.remove.length > 0;
  rules.remove.forEach(render);
  for (const rule of rules.rename) {
    const target = render(rule);
    const part = form.get(rule.name);
    if (!part || target === rule.name) continue;
    form.set(target, part.value);
    form.delete(rule.name);
    changed = true;
  }
  for (const { name } of rules.remove) form.delete(name);
  for (const rule of rules.replace) {
    const value = render(rule);
    if (!form.get(rule.name)) continue;
    form.delete(rule.name);
    form.set(rule.name, value);
    changed = true;
  }
  return changed;
}

/** The body to send instead, or null to leave it. `append` does nothing here, as in Kong. @throws LuaError */
export function transformMultipartBody(body: string, contentType: string, rules: RuleSet, env: Environment): string | null {
  const form = MultipartForm.parse(body, contentType);
  if (!form) return null;
  const render = (rule: Rule): string => rule.value?.render(env) ?? '';
  let changed = body.length > 0 && change(form, rules, render);
  for (const rule of rules.add) {
    const value = render(rule);
    if (form.get(rule.name)) continue;
    form.set(rule.name, value);
    changed = true;
  }
  return changed ? form.toString() : null;
}
