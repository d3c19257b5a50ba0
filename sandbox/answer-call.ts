import type { Answer, Endpoint, IncomingCall, PrivateCall, PublicCall } from './call.ts';
import { endpoints } from './endpoints/index.ts';
import type { SandboxExchange } from './exchange.ts';
import { faultAnswer, truncated } from './fault-answers.ts';
import type { ActiveFault } from './faults.ts';
import { admitKey, admitReceiveWindow, admitSignature, type Holder } from './gate.ts';
import { answerPage } from './page.ts';
import { parametersOfBody, parametersOfQuery } from './parameters.ts';
import { boundsMs, type PageQuestion } from './question.ts';
import { headersOf, type Usage } from './rate-limits.ts';
import { Refusal, refusals } from './refusal.ts';

/** What becomes of a request: an answer, a cut connection, or nothing ever. */
export type Outcome = Answer | 'reset' | 'hang';

/** Answers a request, or lets go wrong what was asked to go wrong, and writes both down. */
export function answerCall(exchange: SandboxExchange, call: IncomingCall): Outcome {
  const endpoint = endpoints.get(call.path);
  const apiKey = String(call.headers['x-bm-key'] ?? '');
  const holder = exchange.keys.get(apiKey);
  const account = holder?.account.name ?? null;
  const question = questionOf(exchange, call, endpoint, holder);
  const fault = exchange.faults.of({
    endpoint: call.path,
    account,
    servesPages: endpoint !== undefined && 'question' in endpoint,
    question,
    boundsMs: question && boundsMs(question, exchange.switches),
    nowMs: exchange.nowMs(),
  });
  const firedBefore = fault?.fired ?? 0;
  const outcome = faultyOutcome(fault, endpoint) ?? rightAnswer(exchange, call, endpoint, fault);
  const answer = typeof outcome === 'string' ? null : outcome;
  exchange.requests.note({
    atMs: exchange.nowMs(),
    method: call.method,
    endpoint: call.path,
    account,
    apiKey: account === null ? null : apiKey,
    stream: question?.stream ?? null,
    part: question?.part ?? null,
    window: question && { fromMs: question.fromMs, toMs: question.toMs },
    httpStatus: answer?.httpStatus ?? null,
    code: answer?.code ?? null,
    rows: answer?.rows ?? 0,
    fault: fault && fault.fired > firedBefore ? fault.options.fault : null,
  });
  return outcome;
}

/** What a request asks of a history; null when it asks nothing of one, or nothing that can be understood. */
function questionOf(
  exchange: SandboxExchange,
  call: IncomingCall,
  endpoint: Endpoint | undefined,
  holder: Holder | undefined,
): PageQuestion | null {
  if (endpoint === undefined || !('question' in endpoint) || holder === undefined) return null;
  try {
    return endpoint.question({ ...readCall(exchange, call, endpoint, null), ...holder });
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function faultyOutcome(fault: ActiveFault | null, endpoint: Endpoint | undefined): Outcome | null {
  const { fault: name } = fault?.options ?? {};
  if (fault === null || name === undefined) return null;
  const outcome = name === 'reset' || name === 'hang' ? name : faultAnswer(fault.options, endpoint);
  if (outcome !== null) fault.spend();
  return outcome;
}

function rightAnswer(
  exchange: SandboxExchange,
  call: IncomingCall,
  endpoint: Endpoint | undefined,
  fault: ActiveFault | null,
): Answer {
  let headers: Record<string, string> = {};
  try {
    if (!endpoint) throw refusals.notFound();
    checkForm(call, endpoint);
    const clockMs = exchange.clockMs() + clockErrorMs(fault);
    const holder = endpoint.level === 'none' ? null : admitKey(call, exchange.keys, clockMs);
    const usage = usageOf(exchange, endpoint, holder?.key.apiKey ?? call.address);
    if (usage) headers = headersOf(endpoint, usage.used);
    if (usage?.isAllowed === false) throw refusals.tooManyRequests();
    if (endpoint.level === 'signed' && holder) admitSignature(call, holder.key, clockMs);
    const read = readCall(exchange, call, endpoint, fault);
    if (endpoint.level === 'signed') admitReceiveWindow(call, read.parameters, clockMs);
    const answer = answerOf(endpoint, { ...read, clockMs }, holder);
    const whole = { ...answer, headers: { ...headers, ...answer.headers } };
    if (fault?.options.fault !== 'truncated') return whole;
    fault.spend();
    return truncated(whole);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { httpStatus: error.httpStatus, code: error.code, headers, text: error.body, rows: 0 };
  }
}

function readCall(
  exchange: SandboxExchange,
  call: IncomingCall,
  endpoint: Endpoint,
  fault: ActiveFault | null,
): PublicCall {
  return {
    parameters: endpoint.method === 'GET' ? parametersOfQuery(call.query) : parametersOfBody(call.body),
    clockMs: exchange.clockMs(),
    switches: exchange.switches,
    seed: exchange.seed,
    fault,
    isUnderMaintenance: exchange.faults.isActive('maintenance', exchange.nowMs()),
  };
}

function answerOf(endpoint: Endpoint, call: PublicCall, holder: Holder | null): Answer {
  if (endpoint.level === 'none') return endpoint.answer(call);
  const keyed = { ...call, ...holder } as PrivateCall;
  return 'question' in endpoint ? answerPage(endpoint, keyed) : endpoint.answer(keyed);
}

function checkForm(call: IncomingCall, endpoint: Endpoint): void {
  const isSpot = endpoint.path.startsWith('/spot/');
  if (call.method !== endpoint.method) throw new Refusal(405, isSpot ? 57001 : 60030, 'Method Not Allowed');
  const isJson = String(call.headers['content-type'] ?? '').startsWith('application/json');
  if (call.method === 'POST' && !isJson) throw new Refusal(415, isSpot ? 58001 : 60031, 'Unsupported Media Type');
}

/** The call counted against its limit; null when none are kept. */
function usageOf(exchange: SandboxExchange, endpoint: Endpoint, who: string): Usage | null {
  const { limits: kind } = exchange.switches;
  if (kind === 'none') return null;
  return exchange.limits.count(who, endpoint.path, endpoint.limit, exchange.nowMs(), kind);
}

function clockErrorMs(fault: ActiveFault | null): number {
  if (fault?.options.fault !== 'clock-wrong') return 0;
  fault.spend();
  return fault.options.offsetMs ?? 120_000;
}
