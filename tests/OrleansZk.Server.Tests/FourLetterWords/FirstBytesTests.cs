using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansZk.Core.Sessions;
using OrleansZk.Protocol.Records;
using OrleansZk.Server.FourLetterWords;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Tests.Support;
using OrleansZk.TestKit.Wire;

namespace OrleansZk.Server.Tests.FourLetterWords;

/// <summary>How a connection's first bytes are told apart, however they arrive.</summary>
public sealed class FirstBytesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    [Fact]
    public async Task A_word_may_come_byte_by_byte()
    {
        Conversation conversation = Begin();
        foreach (byte next in "ruok"u8.ToArray())
        {
            conversation.Answered.IsCompleted.ShouldBeFalse();
            await conversation.SendAsync([next]);
        }

        (await conversation.Answered).ShouldBeTrue();
        (await conversation.ReadOutputAsync()).ShouldBe("imok");
    }

    [Fact]
    public async Task The_bytes_behind_stmk_may_come_later()
    {
        Conversation conversation = Begin();
        await conversation.SendAsync("stmk\0\0\0"u8.ToArray());
        conversation.Answered.IsCompleted.ShouldBeFalse();
        await conversation.SendAsync("\0\0\0\x01\x32"u8.ToArray());
        (await conversation.Answered).ShouldBeTrue();
        (await conversation.ReadOutputAsync()).ShouldBe("306");
    }

    [Fact]
    public async Task The_beginning_of_a_frame_is_left_for_the_frame_reader_without_waiting_for_more()
    {
        byte[] frame = WireRequests.ConnectFrame(new ConnectRequest(0, 0, 10_000, 0, new byte[16], false));
        Conversation conversation = Begin();
        await conversation.SendAsync(frame[..3]);
        conversation.Answered.IsCompleted.ShouldBeFalse();
        await conversation.SendAsync(frame[3..5]);
        (await conversation.Answered).ShouldBeFalse();
        conversation.Input.TryRead(out ReadResult result).ShouldBeTrue();
        result.Buffer.ToArray().ShouldBe(frame[..5]);
    }

    [Fact]
    public async Task A_client_that_leaves_before_its_first_four_bytes_is_no_word()
    {
        Conversation conversation = Begin();
        await conversation.SendAsync("ruo"u8.ToArray());
        await conversation.HangUpAsync();
        (await conversation.Answered).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stop_before_the_first_bytes_ends_the_connection()
    {
        Conversation conversation = Begin();
        conversation.Input.CancelPendingRead();
        (await conversation.Answered).ShouldBeTrue();
    }

    [Theory]
    [InlineData("ruok\n")]
    [InlineData("ruok\r\n")]
    [InlineData("ruokruok")]
    public async Task What_follows_a_word_is_passed_over(string sent) => (await _server.AskAsync(sent)).ShouldBe("imok");

    [Fact]
    public async Task A_word_is_answered_to_a_client_that_sends_no_more() =>
        (await _server.AskAsync(Encoding.ASCII.GetBytes("ruok"), thenShutDown: true)).ShouldBe("imok");

    [Theory]
    [InlineData("xxxx")]
    [InlineData("RUOK")]
    public async Task An_unknown_word_is_a_frame_that_is_too_long_and_closed(string sent) =>
        (await _server.AskAsync(sent)).ShouldBeEmpty();

    [Fact]
    public async Task A_word_is_none_behind_a_handshake()
    {
        byte[] frame = WireRequests.ConnectFrame(new ConnectRequest(0, 0, 10_000, 0, new byte[16], false));
        string answer = await _server.AskAsync([.. frame, .. "ruok"u8]);
        answer.ShouldNotContain("imok");
    }

    private Conversation Begin()
    {
        ClientConnection connection = _server.Services.GetRequiredService<Engine>().Replica.Connect(new NoTransport(), "127.0.0.1:1", "127.0.0.1");
        return new Conversation(_server.Services.GetRequiredService<FourLetterWordService>(), connection);
    }

    /// <summary>A connection without a socket, whose bytes arrive when the test says.</summary>
    private sealed class Conversation
    {
        private readonly Pipe _input = new(new PipeOptions(readerScheduler: PipeScheduler.Inline));
        private readonly Pipe _output = new();

        public Conversation(FourLetterWordService service, ClientConnection connection) => Answered = AnswerAsync(service, connection);

        public Task<bool> Answered { get; }

        public PipeReader Input => _input.Reader;

        public async Task SendAsync(byte[] bytes) => await _input.Writer.WriteAsync(bytes);

        public async Task HangUpAsync() => await _input.Writer.CompleteAsync();

        public async Task<string> ReadOutputAsync()
        {
            using var reader = new StreamReader(_output.Reader.AsStream());
            return await reader.ReadToEndAsync();
        }

        private async Task<bool> AnswerAsync(FourLetterWordService service, ClientConnection connection)
        {
            bool answered = await service.TryAnswerAsync(_input.Reader, _output.Writer, connection);
            await _output.Writer.CompleteAsync();
            connection.Close();
            return answered;
        }
    }

    private sealed class NoTransport : IConnectionTransport
    {
        public void Flush(bool elsewhere)
        {
        }

        public void Resume()
        {
        }

        public void Abort()
        {
        }
    }
}
