import type { Advice } from "./advice.ts";

/** By kinds of `spec.hostAnalyzers`. Commands are for a shell on that host. */
export const hostAdvice: Readonly<Record<string, Advice>> = {
  cpu: {
    text: "The host has fewer processors, or lacks features of them that the spec wants.",
    action: "Compare with the requirement; a virtual machine may hide processors and features of its host",
    command: "lscpu",
  },
  memory: {
    text: "The host has less memory than the spec wants.",
    action: "Compare with the requirement. A system shows a little less than what is built in",
    command: "free -h",
  },
  diskUsage: {
    text: "A file system of the host is smaller, or fuller, than the spec allows.",
    action: "Find what fills it, or give the folder a larger file system of its own",
    command: "df -h",
  },
  hostOS: {
    text: "The operating system, its version or its kernel is not one that the spec supports.",
    action: "Compare with the supported ones",
    command: "cat /etc/os-release",
  },
  time: {
    text:
      "The host's clock is not synchronized, or its time zone is not the one wanted. Certificates and etcd need right clocks.",
    action: "Check that a time service runs and reaches its servers",
    command: "timedatectl",
  },
  ipv4Interfaces: {
    text: "The host has no network interface with an IPv4 address, or not the ones that the spec wants.",
    action: "Compare the interfaces with the requirement",
    command: "ip -4 address",
  },
  tcpLoadBalancer: {
    text: "A connection through the load balancer did not come back to this host.",
    action: "Check the load balancer's targets and health checks, DNS, and firewalls for the port",
  },
  httpLoadBalancer: {
    text: "A request through the load balancer did not come back to this host.",
    action: "Check the load balancer's targets and health checks, DNS, and firewalls for the port",
  },
  tcpPortStatus: {
    text: "The TCP port is in use already, or cannot be reached from outside.",
    action: "Find the process that listens on it, or the firewall in between",
    command: "ss -tlnp",
  },
  udpPortStatus: {
    text: "The UDP port is in use already, or cannot be opened.",
    action: "Find the process that uses it",
    command: "ss -ulnp",
  },
  tcpConnect: {
    text: "The host cannot connect to the address.",
    action: "Tell refused, timed out and unresolved apart: a service, a firewall or DNS",
  },
  http: {
    text: "A request from the host did not get the answer that the spec wants.",
    action: "Check DNS, proxy, certificate and firewall on the way to the server",
  },
  blockDevices: {
    text: "The host does not have the unused block devices that the spec wants.",
    action: "Compare names, sizes and mounts of the devices with the requirement",
    command: "lsblk",
  },
  systemPackages: {
    text: "A package is not installed on the host, or one is that should not be.",
    action: "Install or remove it with the package manager of the system",
  },
  kernelModules: {
    text: "A kernel module is not loaded, or cannot be.",
    action: "Load it, and name it in a file under /etc/modules-load.d so that it outlives a restart",
    command: "lsmod",
  },
  subnetAvailable: {
    text: "No free range of addresses of the wanted size was found: routes of the host cover the whole range.",
    action: "Choose another range for pods or Services",
    command: "ip route",
  },
  subnetContainsIP: {
    text: "The address does not lie in the range in which the spec wants it, or does where it should not.",
    action: "Compare the range in the spec with the addresses of the host",
    command: "ip -4 address",
  },
  filesystemPerformance: {
    text: "Writing to the disk and waiting for it takes longer than the spec allows. etcd suffers first.",
    action: "Use a local SSD, and keep other writers off it",
    documentation: "https://etcd.io/docs/latest/op-guide/hardware/#disks",
  },
  certificate: {
    text: "The certificate and its key are missing, do not belong together or are not valid.",
    action: "Compare the modulus or public key of both, and the certificate's end",
  },
  certificatesCollection: {
    text: "A certificate on the host is not valid, has expired or will soon.",
    action: "Find out who renews it, and renew it",
  },
  hostServices: {
    text: "A service of the host is not in the state that the spec wants.",
    action: "Read its status and its log",
    command: "systemctl --failed",
  },
  textAnalyze: {
    text: "A file that was collected from the host has a text that the spec looks for, or lacks it.",
    action: "Read the file around the place: what happened before the line usually says why",
  },
  kernelConfigs: {
    text: "The kernel was built without an option that the spec wants, or with it as a module.",
    action: "Compare the options with the kernel's configuration; another kernel of the distribution may have them",
  },
  jsonCompare: {
    text: "A value in a JSON file from the host is not the one that the spec wants.",
    action: 'Compare the value in the file with the spec\'s, types included: 1 and "1" differ',
  },
  networkNamespaceConnectivity: {
    text: "Two network namespaces of the host cannot talk to each other, as pods will have to.",
    action: "Check forwarding (net.ipv4.ip_forward) and firewall rules, such as those of firewalld or ufw",
    command: "sysctl net.ipv4.ip_forward",
  },
  sysctl: {
    text: "A kernel parameter of the host has a value that the spec does not want.",
    action: "Set it in a file under /etc/sysctl.d, so that it outlives a restart",
    command: "sysctl --all",
  },
  registryImages: {
    text: "Images are not in the registry, or the host could not ask it.",
    action: "Compare the references with the registry, and check its credentials and the way there",
  },
};
