package gpu

import "strings"

// container is the kind of container that we run in. The empty one is none: the machine itself, or a virtual one.
type container string

const (
	docker     container = "docker" // Podman too: it takes the same options
	kubernetes container = "kubernetes"
	lxc        container = "lxc" // Proxmox, Incus
)

// container tells what we run in by the marks that each runtime leaves.
func (m Machine) container() container {
	if _, ok := m.env("KUBERNETES_SERVICE_HOST"); ok {
		return kubernetes
	}
	// Docker writes /.dockerenv, Podman /run/.containerenv; systemd as a container's first process notes what it is in.
	if m.exists(".dockerenv") || m.exists("run/.containerenv") {
		return docker
	}
	kind := m.read("run/systemd/container")
	if kind == "" {
		kind, _ = m.env("container")
	}
	switch {
	case strings.HasPrefix(kind, "lxc"):
		return lxc
	case kind == "docker" || kind == "podman" || kind == "oci":
		return docker
	}
	// cgroup v1 names the runtime in the path.
	groups := m.read("proc/1/cgroup")
	switch {
	case strings.Contains(groups, "kubepods"):
		return kubernetes
	case strings.Contains(groups, "/docker/"), strings.Contains(groups, "libpod"), strings.Contains(groups, "containerd"):
		return docker
	case strings.Contains(groups, "/lxc/"):
		return lxc
	}
	return ""
}

// nvidiaLines say how a container gets NVIDIA cards with everything that decoding and Vulkan need. "video" alone
// would do for decoding; without "utility" nvidia-smi is missing, without "graphics" Vulkan.
func (c container) nvidiaLines() string {
	switch c {
	case kubernetes:
		return "Give the card to the pod; the node needs NVIDIA's device plugin:\n" +
			"  env: [{name: NVIDIA_DRIVER_CAPABILITIES, value: all}]\n" +
			"  resources: {limits: {nvidia.com/gpu: 1}}"
	case lxc:
		return "Give /dev/nvidia0, /dev/nvidiactl and /dev/nvidia-uvm to the container, and install in it the same version " +
			"of NVIDIA's driver as on the host, without its kernel module."
	}
	return "Give the card to the container; the host needs the NVIDIA Container Toolkit. With docker run:\n" +
		"  --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all\n" +
		"With compose:\n" +
		"  environment:\n" +
		"    NVIDIA_DRIVER_CAPABILITIES: all\n" +
		"  deploy:\n" +
		"    resources:\n" +
		"      reservations:\n" +
		"        devices:\n" +
		"          - driver: nvidia\n" +
		"            count: all\n" +
		"            capabilities: [gpu]"
}

// nodeLines say how a container gets a render node.
func (c container) nodeLines(node string) string {
	switch c {
	case kubernetes:
		return "Give the node to the pod, by a device plugin such as Intel's or AMD's (resources: {limits: {gpu.intel.com/i915: 1}})."
	case lxc:
		return "Give the node to the container, in Proxmox on the host: pct set NUMBER --dev0 " + node + ",gid=GROUP " +
			"with the number of the group render inside the container."
	}
	return "Give the node to the container. With docker run:\n" +
		"  --device /dev/dri:/dev/dri\n" +
		"With compose:\n" +
		"  devices: [\"/dev/dri:/dev/dri\"]"
}

// groupLines say how a container's user gets into a group that only the host knows by name.
func (c container) groupLines(gid string) string {
	switch c {
	case kubernetes:
		return "Add the group to the pod: securityContext: {supplementalGroups: [" + gid + "]}"
	case lxc:
		return ""
	}
	return "Add the group to the container. With docker run:\n" +
		"  --group-add " + gid + "\n" +
		"With compose:\n" +
		"  group_add: [\"" + gid + "\"]"
}
