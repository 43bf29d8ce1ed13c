using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Replication;
using OrleansZk.Storage.Tests.Support;
using static OrleansZk.Storage.Tests.Support.LogHarness;

namespace OrleansZk.Storage.Tests;

public sealed class EmbeddedStorageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_host_gets_log_and_checkpoint_in_one_locked_folder()
    {
        string path = _folder.File("data");
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddEmbeddedStorage(options => options.DataFolder = path);
        using (IHost host = builder.Build())
        {
            await host.StartAsync(Cancellation);
            var log = host.Services.GetRequiredService<ITransactionLog>();
            var checkpoints = host.Services.GetRequiredService<ICheckpointStore>();
            await log.OpenAsync(Cancellation);
            (await log.ClaimEpochAsync(0, Cancellation)).ShouldBe(1);
            (await checkpoints.OpenAsync(Cancellation)).Secret.Length.ShouldBe(32);
            Should.Throw<DataFolderInUseException>(() => DataFolder.Open(path));
            await host.StopAsync(Cancellation);
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        DataFolder.Open(path).Dispose();
    }

    public static TheoryData<Action<EmbeddedStorageOptions>, string> WrongOptions => new()
    {
        { options => options.DataFolder = " ", "Storage:DataFolder is empty" },
        { options => options.DataFolder = "a\0b", "Storage:DataFolder is 'a\0b'" },
        { options => options.SegmentBytes = 1000, "Storage:SegmentBytes is 1000; it must be from 1048576 to 1073741824 bytes" },
        { options => options.SegmentBytes = 1L << 40, "Storage:SegmentBytes is 1099511627776" },
        { options => options.SpinMicroseconds = -1, "Storage:SpinMicroseconds is -1; it must be from 0 to 1000 microseconds" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task A_host_with_wrong_options_does_not_start_and_says_why(Action<EmbeddedStorageOptions> configure, string said)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddEmbeddedStorage(configure);
        using IHost host = builder.Build();

        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync(Cancellation))).Message.ShouldContain(said);
    }
}
