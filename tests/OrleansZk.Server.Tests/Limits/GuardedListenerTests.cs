using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Server.Limits;
using OrleansZk.Server.Tests.Peers;
using OrleansZk.Storage.Files;

namespace OrleansZk.Server.Tests.Limits;

/// <summary>Connections that would take file descriptors out of the reserve are closed, and taken again when there is room.</summary>
public sealed class GuardedListenerTests : IAsyncDisposable
{
    private const int Limit = 1000;

    private readonly RecordedLog _log = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly DescriptorBudget _budget;
    private long _inUse;

    public GuardedListenerTests() => _budget = new DescriptorBudget(Limit, () => Volatile.Read(ref _inUse));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beyond_the_limit_connections_are_closed_and_later_taken_again()
    {
        await using IConnectionListener listener = await ListenAsync(DescriptorShare.Client);
        Task<ConnectionContext?> accepting = listener.AcceptAsync(Cancellation).AsTask();
        _inUse = Limit - _budget.Reserve;
        using Socket first = await ConnectAsync(listener);
        await using ConnectionContext? taken = await accepting;
        taken.ShouldNotBeNull();

        accepting = listener.AcceptAsync(Cancellation).AsTask();
        _inUse++;
        for (int i = 0; i < 3; i++)
        {
            await ShouldBeRefusedAsync(listener);
        }

        accepting.IsCompleted.ShouldBeFalse();
        _budget.Refused.ShouldBe(3);
        _inUse--;
        using Socket later = await ConnectAsync(listener);
        await using ConnectionContext? takenLater = await accepting;
        takenLater.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_thousand_refusals_are_one_line_and_the_next_one_has_the_number()
    {
        await using IConnectionListener listener = await ListenAsync(DescriptorShare.Client);
        Task<ConnectionContext?> accepting = listener.AcceptAsync(Cancellation).AsTask();
        _inUse = Limit;
        for (int i = 0; i < 100; i++)
        {
            await ShouldBeRefusedAsync(listener);
        }

        _log.Complaints.ShouldHaveSingleItem().ShouldContain("1000 of 1000 file descriptors are in use");
        _clock.Advance(TimeSpan.FromMinutes(1));
        await ShouldBeRefusedAsync(listener);

        _log.Complaints.Count.ShouldBe(2);
        _log.Complaints[1].ShouldContain("; 100 refused since");
        accepting.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void Operators_and_servers_have_room_when_clients_have_none()
    {
        _inUse = Limit - _budget.Reserve + 1;
        _budget.HasRoom(DescriptorShare.Client).ShouldBeFalse();
        _budget.HasRoom(DescriptorShare.Admin).ShouldBeTrue();
        _inUse = Limit - (3 * _budget.Reserve / 4) + 1;
        _budget.HasRoom(DescriptorShare.Admin).ShouldBeFalse();
        _budget.HasRoom(DescriptorShare.Peer).ShouldBeTrue();
        _inUse = Limit - (_budget.Reserve / 2) + 1;
        _budget.HasRoom(DescriptorShare.Peer).ShouldBeFalse("the rest is for files");
    }

    [Theory]
    [InlineData(300, 75)]
    [InlineData(400, 100)]
    [InlineData(1024, 256)]
    [InlineData(1_000_000, 256)]
    public void The_reserve_is_a_quarter_within_limits(long limit, long reserve)
    {
        var budget = new DescriptorBudget(limit, () => 100);
        budget.Reserve.ShouldBe(reserve);
        budget.RoomForClients.ShouldBe(limit - reserve - 100);
    }

    [Fact]
    public void Of_a_small_limit_clients_have_half_of_what_is_left()
    {
        var budget = new DescriptorBudget(256, () => 200);
        budget.FitReserve();
        budget.RoomForClients.ShouldBe(28);
    }

    [Fact]
    public void Without_a_limit_there_is_always_room()
    {
        var budget = new DescriptorBudget(null, () => int.MaxValue);
        budget.HasRoom(DescriptorShare.Client).ShouldBeTrue();
        budget.RoomForClients.ShouldBeNull();
    }

    [Fact]
    public void The_system_tells_how_many_are_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "has no file descriptors");
        var files = new List<FileStream>();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                files.Add(File.OpenRead("/dev/null"));
            }

            FileDescriptors.LowestFree().ShouldBeGreaterThan(200);
            FileDescriptors.LowestFree().ShouldBeLessThan((int)(FileDescriptors.Limit ?? int.MaxValue));
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    public ValueTask DisposeAsync()
    {
        _log.Dispose();
        return ValueTask.CompletedTask;
    }

    private ValueTask<IConnectionListener> ListenAsync(DescriptorShare share)
    {
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var factory = new GuardedListenerFactory(
            sockets, _budget, _ => share, _clock, new LoggerFactory([_log]).CreateLogger<GuardedListenerFactory>());
        return factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
    }

    private static async Task<Socket> ConnectAsync(IConnectionListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.EndPoint, Cancellation);
        return socket;
    }

    private static async Task ShouldBeRefusedAsync(IConnectionListener listener)
    {
        try
        {
            using Socket socket = await ConnectAsync(listener);
            (await socket.ReceiveAsync(new byte[1], Cancellation)).ShouldBe(0);
        }
        catch (SocketException)
        {
            // Reset: closed all the same.
        }
    }
}
