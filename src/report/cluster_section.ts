import { type Html, html, type HtmlValue } from "../core/html.ts";
import { type Look, SHAPES, sign } from "../core/html_look.ts";
import { formatSize } from "../core/size.ts";
import type { ClusterData, NodesData, StorageData } from "./cluster_data.ts";
import { bar, counted, listTable, number, shortLink } from "./parts.ts";
import type { PodFacts } from "./pods_data.ts";

export function clusterSection(cluster: ClusterData | undefined, filesAt: string | undefined): Html {
  return html`
    <section aria-labelledby="cluster">
      <h2 id="cluster" tabindex="-1">Cluster at a glance</h2>
      ${cluster === undefined
        ? html`
          <p class="none">This bundle has nothing of a cluster.</p>
        `
        : glance(cluster, filesAt)}
    </section>
  `;
}

function glance({ version, nodes, namespaces, pods, workloads, storage }: ClusterData, filesAt?: string): Html {
  return html`
    <div class="panels">
      ${panel(
        "Version",
        version && html`
          <p class="big">${version}</p>
          ${nodes && nodes.kubelets.length > 0 && html`
            <p class="soft">Kubelets: ${list(nodes.kubelets)}</p>
          `}
        `,
      )} ${panel("Nodes", nodes && nodesPanel(nodes))} ${panel(
        "Namespaces",
        namespaces && html`
          <p class="big">${number(namespaces.total)}</p>
          ${namespaces.terminating.total > 0 && html`
            <p class="warn">Terminating: ${namespaces.terminating.items.join(", ")}</p>
          `}
        `,
      )} ${panel("Pods by phase", pods && podsPanel(pods))} ${panel(
        "Storage",
        storage && storagePanel(storage),
      )} ${panel(
        "Images used most",
        pods && imagesPanel(pods),
      )}
    </div>
    ${pods && pods.unhealthy.total > 0 && html`
      <h3>Pods that need a look <span class="note-inline">${number(pods.unhealthy.total)}</span></h3>
      ${listTable(pods.unhealthy, {
        caption: "Pods that are not well, those that restarted most first",
        columns: ["Pod", "State", "Restarts", "Node", "File"],
        open: 8,
        things: "pods",
        cells: ({ namespace, name, state, restarts, node, path }) => [
          `${namespace}/${name}`,
          strong(state),
          number(restarts),
          node,
          shortLink(path, filesAt),
        ],
      })}
    `} ${workloads && html`
      <h3>Workloads that are not ready <span class="note-inline">${number(workloads.unready.total)} of ${number(
        workloads.total,
      )}</span></h3>
      ${workloads.unready.total === 0
        ? html`
          <p class="none">All workloads have what they want.</p>
        `
        : listTable(workloads.unready, {
          caption: "Deployments, StatefulSets, DaemonSets and Jobs",
          columns: ["Workload", "Kind", "State", "File"],
          open: 8,
          things: "workloads",
          cells: ({ kind, namespace, name, state, path }) => [
            `${namespace}/${name}`,
            kind,
            strong(state),
            shortLink(path, filesAt),
          ],
        })}
    `} ${storage && storage.unbound.total > 0 && html`
      <h3>Volume claims that are not bound <span class="note-inline">${number(storage.unbound.total)}</span></h3>
      ${listTable(storage.unbound, {
        caption: "PersistentVolumeClaims by name",
        columns: ["Claim", "Phase", "File"],
        open: 8,
        things: "claims",
        cells: ({ namespace, name, phase, path }) => [`${namespace}/${name}`, strong(phase), shortLink(path, filesAt)],
      })}
    `}
  `;
}

function panel(title: string, content: HtmlValue): Html {
  return html`
    <div class="panel">
      <h3>${title}</h3>
      ${content || html`
        <p class="none">Not in this bundle</p>
      `}
    </div>
  `;
}

function strong(text: string): Html {
  return html`
    <strong>${text}</strong>
  `;
}

function list(names: { name: string; count: number }[]): string {
  return names.map(({ name, count }) => `${name} × ${number(count)}`).join(", ");
}

function nodesPanel({ total, ready, troubled }: NodesData): Html {
  const look: Look = ready === total
    ? { tone: "good", shape: SHAPES.disc, word: "" }
    : { tone: "bad", shape: SHAPES.cross, word: "" };
  return html`
    <p class="big">${sign(look)} ${number(ready)} of ${number(total)} ready</p>
    ${troubled.total > 0 && html`
      <ul class="plain">${troubled.items.map(({ name, problems }) =>
        html`
          <li><strong>${name}</strong>: ${problems.join(", ")}</li>
        `
      )}${troubled.left > 0 && html`
        <li class="soft">and ${number(troubled.left)} more</li>
      `}</ul>
    `}
  `;
}

const PHASE_LOOKS: Record<string, Look> = {
  Running: { tone: "good", shape: SHAPES.disc, word: "Running" },
  Succeeded: { tone: "busy", shape: SHAPES.play, word: "Succeeded" },
  Pending: { tone: "warn", shape: SHAPES.clock, word: "Pending" },
  Failed: { tone: "bad", shape: SHAPES.cross, word: "Failed" },
  Unknown: { tone: "held", shape: SHAPES.square, word: "Unknown" },
};

function podsPanel({ total, phases }: PodFacts): Html {
  let x = 0;
  const segments = Object.keys(PHASE_LOOKS).flatMap((name) => {
    const count = phases.find((phase) => phase.name === name)?.count ?? 0;
    if (count === 0) return [];
    const segment = { look: PHASE_LOOKS[name]!, count, x, width: 100 * count / total };
    x += segment.width;
    return [segment];
  });
  return html`
    <p class="big">${number(total)}</p>
    <svg class="stack" width="100%" height="16" aria-hidden="true">${segments.map(({ look, x, width }) =>
      html`
        <rect class="${look.tone}" x="${percent(x)}" width="${percent(width)}" height="16" />
      `
    )}</svg>
    <ul class="legend">${segments.map(({ look, count }) =>
      html`
        <li><span class="${look.tone}">${sign(look)}</span> ${look.word} <strong>${number(count)}</strong></li>
      `
    )}</ul>
  `;
}

function imagesPanel({ images }: PodFacts): Html {
  const most = images.top[0]?.count ?? 0;
  return html`
    <p class="soft">${counted(images.total, "image")} in all; containers by image</p>
    <ul class="plain bars">${images.top.slice(0, 6).map(({ name, count }) =>
      html`
        <li><code>${name}</code> <strong>${number(count)}</strong> ${bar(count, most, "busy")}</li>
      `
    )}</ul>
  `;
}

function storagePanel({ claims, volumes, bytes, classes }: StorageData): Html {
  return html`
    <ul class="plain">
      ${claims && html`
        <li><strong>Claims</strong>: ${claims.length === 0 ? "none" : list(claims)}</li>
      `} ${volumes && html`
        <li><strong>Volumes</strong>: ${volumes.length === 0 ? "none" : `${list(volumes)}, ${formatSize(bytes)}`}</li>
      `} ${classes && html`
        <li><strong>Classes</strong>: ${classes.total === 0
          ? "none"
          : classes.items.map(({ name, isDefault }) => isDefault ? `${name} (default)` : name).join(
            ", ",
          )}${classes.left > 0 && ` and ${number(classes.left)} more`}</li>
      `}
    </ul>
  `;
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
