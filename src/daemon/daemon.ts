import { lastSuccess } from "../store/last_success.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { EXIT, type ExitCode } from "../core/exit_codes.ts";
import { VERSION } from "../core/version.ts";
import { secretReader } from "../credentials/secret_reader.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobStore } from "../store/job_store.ts";
import { auditDaemon } from "../store/audited_store.ts";
import { countErrors } from "../store/count_errors.ts";
import { type KvJobStore, openJobStore } from "../store/kv_job_store.ts";
import { Admission } from "./admission.ts";
import { secureState } from "../store/secure_state.ts";
import { Announcer } from "./announcer.ts";
import { AttemptCgroups } from "./attempt_cgroup.ts";
import { AttemptVariables } from "./attempt_variables.ts";
import { auditor } from "./auditor.ts";
import { keepBackups } from "./backup_keeper.ts";
import { childCommand } from "./child_command.ts";
import { ControlSocket } from "./control_socket.ts";
import { type DaemonLog, openDaemonLog } from "./daemon_log.ts";
import { boundDaemonOutput } from "./daemon_output.ts";
import { listenToSignals } from "./daemon_signals.ts";
import { daemonStatusReader, type StatusSource } from "./daemon_status.ts";
import { DiskResource } from "./disk_resource.ts";
import {
  completeJob,
  type DaemonFlags,
  diskLimits,
  executorLimits,
  logOptions,
  needRestart,
} from "./effective_settings.ts";
import { openServers } from "./health_server.ts";
import { JobCensus } from "./job_census.ts";
import { newLeaseOwner } from "./lease_owner.ts";
import { ListenGuard } from "./listen_guard.ts";
import { loadSettings } from "./load_settings.ts";
import { LocalExecutor } from "./local_executor.ts";
import { LogRotation } from "./log_rotation.ts";
import { type DaemonMetrics, noMetrics, prometheusMetrics } from "./metrics.ts";
import { NotificationSender } from "./notification_sender.ts";
import { acquirePidFile } from "./pid_file.ts";
import { diskRoom } from "./process_metrics.ts";
import { checkReadiness, type ReadinessChecks } from "./readiness.ts";
import { recover, type RecoveryOptions, removeOrphanedWork } from "./recovery.ts";
import { Rescuer } from "./rescuer.ts";
import { reportSetAside } from "./report_set_aside.ts";
import { RetentionKeeper } from "./retention_keeper.ts";
import { Scheduler } from "./scheduler.ts";
import { ServiceNotify } from "./service_notify.ts";
import type { StatusPageSource } from "./status_page/status_data.ts";
import type { StatusPage } from "./status_page/status_page.ts";
import { UploadSpool } from "./upload_spool.ts";
import { hasSharedStore, retentionAgeMs, storeLocation } from "./settings.ts";

export interface DaemonOptions {
  state: StateFolder;
  env: Readonly<Record<string, string | undefined>>;
  flags?: DaemonFlags;
  clock?: Clock;
  /** Stops the daemon, as SIGTERM does. */
  signal?: AbortSignal;
  /** Default true: SIGTERM and SIGINT stop, SIGHUP reads the settings again. */
  handleSignals?: boolean;
  /** The command lines of an attempt and of a delivery; default: this program's. */
  attemptCommand?: { command: string; args: string[] };
  deliverCommand?: { command: string; args: string[] };
  /** The command line of what sends notifications; default: this program's. */
  tellCommand?: { command: string; args: string[] };
  /** How long attempts may go on after the wish to stop, and how long from SIGTERM to SIGKILL. Default 10 s each. */
  drainMs?: number;
  graceMs?: number;
  /** Default {@linkcode openJobStore}: one that watches it, or makes it fail, can stand between. */
  openStore?(...options: Parameters<typeof openJobStore>): Promise<JobStore & Pick<KvJobStore, "setAside">>;
  /** How long a claim on an execution holds, how often it is renewed, and how often those that ran out are looked for. */
  leaseTimes?: { leaseMs: number; renewEveryMs: number; rescueEveryMs: number };
  /** Called once everything runs. */
  onReady?(): void;
}

/** Runs the daemon in the foreground until it is told to stop.
 * @throws {DaemonRunningError} when the state folder has a daemon
 * @throws {SettingsError} {@linkcode PortInUseError} StoreError */
export async function runDaemon(options: DaemonOptions): Promise<ExitCode> {
  const { state, env, flags = {}, openStore = openJobStore } = options;
  const clock = options.clock ?? systemClock;
  if (Deno.build.os !== "windows") Deno.umask(0o077); // whatever is written here is this user's alone
  const exposures = await secureState(state, { deep: true });
  await makeFolders(state);
  // Services are added as they start, and stopped in the reverse order, whatever happens in between.
  await using services = new AsyncDisposableStack();

  const startTime = clock.now();
  const pidFile = await acquirePidFile(state, {
    pid: Deno.pid,
    startTime: startTime.toISOString(),
    host: Deno.hostname(),
    version: VERSION,
  });
  services.defer(() => pidFile.release());

  let loaded = await loadSettings(state, env, flags.config);
  const log = await openDaemonLog(logOptions(loaded.settings, flags));
  services.defer(() => log.close());
  log.info("starting", {
    pid: Deno.pid,
    version: VERSION,
    stateFolder: state.root,
    settings: loaded.source ?? "defaults",
  });
  for (const warning of [...exposures, ...loaded.warnings]) log.warn(warning);

  const secret = (kube?: KubeOptions) => secretReader({ env, clock, kube, vaultFolder: state.root });
  const guard = await ListenGuard.open(loaded.settings, secret(), log, clock);
  services.defer(() => guard.stop());

  const audit = auditor({ state, env, clock, log, enabled: loaded.settings.auditLogEnabled });
  const location = storeLocation(state, loaded.settings);
  const opened = await openStore(location, { clock, thorough: true, backups: state.backups });
  let counted: DaemonMetrics = noMetrics;
  const store = auditDaemon(countErrors(opened, () => counted.storeFailed()), audit);
  services.defer(() => store.close());
  const warnings = await reportSetAside(store.setAside, log, audit);

  const census = new JobCensus(store, clock);
  const stopping = new AbortController();
  const owner = await newLeaseOwner();
  const ready: ReadinessChecks = {
    store: async () => {
      await store.revision();
      return "";
    },
    scheduler: () => scheduler.problem(),
    daemon: () => stopping.signal.aborted ? "stopping" : "",
  };
  const maxConcurrent = () => executorLimits(loaded.settings, flags).maxConcurrent;
  const metrics = loaded.settings.metricsEnabled
    ? await prometheusMetrics({
      now: () => clock.now(),
      startTime,
      jobs: () => census.read(),
      running: () => executor.running().length,
      held: () => admission.held().length,
      waiting: () => executor.waiting(),
      maxConcurrent,
      lastSuccess: (jobId) => lastSuccess(store, jobId),
      ready: () => checkReadiness(ready),
      uploads: () => spool.summary(),
      unreadable: () => store.unreadable().length,
      notifications: () => sender.figures(),
      disk: () => diskRoom(state.root),
    })
    : undefined;
  counted = metrics ?? noMetrics;
  const variables = new AttemptVariables(store, clock, () => loaded.settings);
  const sender = new NotificationSender({
    store,
    clock,
    log,
    metrics: counted,
    owner,
    command: options.tellCommand ?? childCommand("tell"),
    variables,
    settings: () => loaded.settings,
  });
  const announcer = new Announcer({ store, clock, log, notifiers: () => loaded.settings.notifiers, sender });
  const spool = new UploadSpool({
    store,
    clock,
    state,
    log,
    metrics: { upload: (result) => counted.upload(result) },
    owner,
    command: options.deliverCommand ?? childCommand("deliver"),
    variables,
    announcer,
    shared: () => hasSharedStore(loaded.settings),
    completeJob: (job) => completeJob(job, loaded.settings),
    graceMs: options.graceMs,
    lease: options.leaseTimes,
  });
  const retention = new RetentionKeeper({
    store,
    clock,
    state,
    log,
    audit,
    beforeRemoval: (execution) => spool.abandon(execution),
    settings: () => ({ defaultAgeMs: retentionAgeMs(loaded.settings), shared: hasSharedStore(loaded.settings) }),
  });
  const disk = new DiskResource({
    store,
    state,
    limits: () => diskLimits(loaded.settings),
    makeRoom: (bytes) => retention.makeRoom(bytes),
  });
  const admission = new Admission({ resources: [disk], log, onHeld: (resource) => counted.limitReached(resource) });
  const cgroups = await AttemptCgroups.open({ clock, log: log.with({ component: "executor" }), pid: Deno.pid });
  const enforced = { memory: cgroups?.bounds("memory") ?? false, cpu: cgroups?.bounds("cpu") ?? false };
  const executor = new LocalExecutor({
    store,
    clock,
    state,
    log,
    metrics: counted,
    owner,
    command: options.attemptCommand ?? childCommand("attempt"),
    limits: executorLimits(loaded.settings, flags),
    cgroups,
    variables,
    drainMs: options.drainMs,
    graceMs: options.graceMs,
    lease: options.leaseTimes,
    announcer,
    admission,
    completeJob: (job) => completeJob(job, loaded.settings),
    uploadsBefore: (job) => spool.before(job),
    onEnd(jobId) {
      spool.wake();
      retention.jobEnded(jobId);
    },
  });
  const scheduler = new Scheduler({
    store,
    clock,
    log,
    metrics: counted,
    executor,
    host: Deno.hostname(),
    checkIntervalMs: flags.checkIntervalMs ?? loaded.settings.checkInterval,
  });

  const stop = (why: string) => {
    if (stopping.signal.aborted) return executor.hurry();
    log.info("stopping: no new executions from now on", { reason: why, running: executor.running().length });
    stopping.abort();
  };
  const reload = async (): Promise<string> => {
    try {
      const next = await loadSettings(state, env, flags.config);
      const restart = needRestart(loaded.settings, next.settings);
      await openDaemonLog(logOptions(next.settings, flags));
      loaded = next;
      executor.setLimits(executorLimits(next.settings, flags));
      await guard.refresh();
      sender.wake();
      scheduler.setCheckInterval(flags.checkIntervalMs ?? next.settings.checkInterval);
      for (const warning of next.warnings) log.warn(warning);
      const message = `read the settings again (${next.source ?? "defaults"})` +
        (restart.length === 0 ? "" : `; ${restart.join(", ")} will take effect after a restart`);
      log.info(message);
      return message;
    } catch (error) {
      log.error("the settings cannot be used; the old ones stay in effect", { error: describeError(error) });
      throw error;
    }
  };
  const ports: { metrics?: number; health?: number } = {};
  const urls: string[] = [];
  const statusSource: StatusSource = {
    state,
    counts: () => store.countJobs(),
    clock,
    executor,
    startTime,
    ports,
    urls,
    enforced,
    warnings,
    draining: () => stopping.signal.aborted,
    maxConcurrent,
    held: () => admission.held(),
  };
  const control = await ControlSocket.open(state, {
    nudge() {
      scheduler.nudge();
      spool.wake();
    },
    status: daemonStatusReader(statusSource),
    stop: () => stop("asked through the control socket"),
    reload,
  }, log);
  services.defer(() => control.stop());

  const servers = openServers(
    loaded.settings,
    metrics,
    ready,
    log,
    guard,
    statusPage({
      now: () => clock.now(),
      status: daemonStatusReader({ ...statusSource, counts: () => Promise.resolve({ total: 0, enabled: 0 }) }),
      jobs: () => census.read(),
      store,
      ready: () => checkReadiness(ready),
    }),
  );
  services.defer(async () => void await Promise.all(servers.servers.map((server) => server.stop())));
  Object.assign(ports, servers.ports);
  urls.push(...servers.servers.map(({ url }) => url));
  warnings.push(...servers.warnings, ...guard.warnings);
  for (const warning of warnings) log.warn(warning);

  const recovery: RecoveryOptions = {
    store,
    clock,
    state,
    log,
    metrics: counted,
    owner,
    own: (id) => executor.running().some((it) => it.id === id),
    leaseMs: options.leaseTimes?.leaseMs,
    announcer,
  };
  const recovered = await recover(recovery);
  if (recovered > 0) log.warn(`${recovered} executions were interrupted when the last daemon ended`);
  for (const name of await removeOrphanedWork(store, state)) log.info("removed an orphaned work folder", { name });
  for (const { key, reason } of store.unreadable()) {
    log.error("a record of the store cannot be read and was set aside", { component: "store", key, error: reason });
  }

  const rotation = new LogRotation({
    clock,
    log,
    settings: () => ({ file: logOptions(loaded.settings, flags).file, ageMs: loaded.settings.logRotateAge }),
    boundOutput: () => boundDaemonOutput(state),
    reopen: () => openDaemonLog(logOptions(loaded.settings, flags)),
  });
  const rescuer = new Rescuer(recovery, () => executor.wake(), options.leaseTimes?.rescueEveryMs);
  services.defer(() => rotation.stop());
  services.defer(() => retention.stop());
  services.defer(() => spool.stop());
  services.defer(() => sender.stop());
  services.defer(() => executor.stop());
  services.defer(() => rescuer.stop());
  services.defer(() => scheduler.stop());
  sender.start();
  executor.start();
  spool.start();
  rescuer.start();
  scheduler.start();
  services.use(keepBackups(state, loaded.settings, { clock, log, metrics: counted }));
  retention.start();
  rotation.start();
  services.use(options.handleSignals === false ? undefined : listenToSignals(stop, reload, log));

  await pidFile.update({ ports, control: control.address });
  log.info("ready", { ...ports });
  await audit({ action: "daemon-start", detail: `version ${VERSION}` });
  services.defer(() => audit({ action: "daemon-stop" }));
  options.onReady?.();
  const manager = services.use(ServiceNotify.open({ env, folder: state.root, log }));
  const telling = () => `${executor.running().length} running, ${executor.waiting()} waiting`;
  await manager?.ready(telling());
  manager?.watch(env, () => scheduler.turns ? telling() : undefined);
  await untilAborted(stopping, options.signal, stop);
  await manager?.stopping();
  return await finish(services, log, EXIT.ok);
}

async function finish(services: AsyncDisposableStack, log: DaemonLog, code: ExitCode): Promise<ExitCode> {
  log.debug("stopping services");
  await services.disposeAsync();
  return code;
}

function untilAborted(stopping: AbortController, outer: AbortSignal | undefined, stop: (why: string) => void) {
  return new Promise<void>((resolve) => {
    const onOuter = () => stop("asked by its caller");
    stopping.signal.addEventListener("abort", () => {
      outer?.removeEventListener("abort", onOuter);
      resolve();
    }, { once: true });
    outer?.addEventListener("abort", onOuter, { once: true });
    if (outer?.aborted) onOuter();
    if (stopping.signal.aborted) resolve();
  });
}

async function makeFolders(state: StateFolder): Promise<void> {
  for (const path of [state.root, state.bundles, state.work, state.logs]) {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  }
  if (Deno.build.os !== "windows") await Deno.chmod(state.root, 0o700);
}

/** Loaded when somebody looks: most daemons never show it. */
function statusPage(source: StatusPageSource): (request: Request) => Promise<Response> {
  let page: Promise<StatusPage> | undefined;
  const load = async () => new (await import("./status_page/status_page.ts")).StatusPage(source);
  return async (request) => (await (page ??= load())).answer(request);
}
