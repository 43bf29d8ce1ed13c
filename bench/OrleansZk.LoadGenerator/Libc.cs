using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OrleansZk.LoadGenerator;

/// <summary>The few system calls the generator lives on (Linux).</summary>
internal static unsafe partial class Libc
{
    public const int EpollIn = 0x001;
    public const int EpollOut = 0x004;
    public const int EpollError = 0x008;
    public const int EpollHangup = 0x010;
    public const int EpollReadHangup = 0x2000;
    public const int EpollEdge = 1 << 31;

    /// <summary>Everything a connection wants to hear of; edge-triggered, so that it is registered once.</summary>
    public const int EpollAll = EpollIn | EpollOut | EpollReadHangup | EpollEdge;

    /// <summary>Flags after which a read must go on until it says end of stream.</summary>
    public const int EpollGone = EpollError | EpollHangup | EpollReadHangup;

    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int InProgress = 115;

    public const int DontWait = 0x40;
    public const int NoSignal = 0x4000;

    private const int AddressFamilyIpV4 = 2;
    private const int StreamSocket = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int ReceiveTimeout = 20;
    private const int TcpLevel = 6;
    private const int TcpNoDelay = 1;
    private const int ClockTicks = 2;

    /// <summary>Size of struct epoll_event, which is packed on x86-64 only.</summary>
    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Offset of the user data in struct epoll_event.</summary>
    public static readonly int EventData = EventSize - 8;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static long ClockTicksPerSecond => SysConf(ClockTicks);

    /// <summary>A TCP socket for IPv4.</summary>
    public static int OpenSocket(bool blocking)
    {
        int fd = Socket(AddressFamilyIpV4, StreamSocket | CloseOnExec | (blocking ? 0 : NonBlocking), 0);
        return fd >= 0 ? fd : throw Failure("socket");
    }

    public static void SetNoDelay(int fd)
    {
        int on = 1;
        if (SetSocketOption(fd, TcpLevel, TcpNoDelay, &on, sizeof(int)) != 0)
        {
            throw Failure("setsockopt");
        }
    }

    public static void SetReceiveTimeout(int fd, int seconds)
    {
        nint* time = stackalloc nint[2];
        time[0] = seconds;
        time[1] = 0;
        if (SetSocketOption(fd, SocketLevel, ReceiveTimeout, time, (uint)(2 * sizeof(nint))) != 0)
        {
            throw Failure("setsockopt");
        }
    }

    public static int OpenEpoll()
    {
        int fd = EpollCreate(CloseOnExec);
        return fd >= 0 ? fd : throw Failure("epoll_create1");
    }

    /// <summary>Registers a socket with <see cref="EpollAll"/> and <paramref name="data"/> to know it by.</summary>
    public static void Watch(int epoll, int fd, int data)
    {
        byte* change = stackalloc byte[16];
        *(int*)change = EpollAll;
        *(long*)(change + EventData) = data;
        const int add = 1;
        if (EpollControl(epoll, add, fd, change) != 0)
        {
            throw Failure("epoll_ctl");
        }
    }

    public static IOException Failure(string call) => new($"{call} failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int fd, byte* change);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSocketOption(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "sysconf", SetLastError = true)]
    private static partial nint SysConf(int name);
}
